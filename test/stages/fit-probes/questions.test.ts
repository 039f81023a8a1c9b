import { describe, expect, it } from "vitest"
import { type Fit, undefinedBecause } from "../../../stages/tables/fits.ts"
import type { ActivationNames } from "../../../stages/tables/activations.ts"
import type { Example } from "../../../stages/tables/examples.ts"
import {
  askedOf,
  type Question,
  type QuestionId,
  Questions,
  strata as strataOfAsked
} from "../../../stages/fit-probes/questions.ts"

type Named = QuestionId & Question
/** The questions with examples, of every token, source, task and target, sorted. */
function questionsOf(examples: ReadonlyArray<Example>, rows: ActivationNames): ReadonlyArray<Named> {
  const questions = new Questions(askedOf(examples), rows, "vit")
  const kinds = rows.token.map((token, i) => JSON.stringify([token, rows.source[i]]))
  const asked = [...new Set(examples.map(({ task, target }) => JSON.stringify([task, target])))].sort()
  return [...new Set(kinds)].sort().flatMap((kind) => {
    const [token, source] = JSON.parse(kind) as [string, string]
    return asked
      .map((text) => {
        const [task, target] = JSON.parse(text) as [string | null, string]
        const id = { selection: "aligned", token, source, task, target }
        return { ...id, ...questions.of(id) }
      })
      .filter(({ rows }) => rows.length > 0)
  })
}
const strata = (examples: ReadonlyArray<Example>) => strataOfAsked(askedOf(examples))

const example = (scene: string, object: number, label: string, some: Partial<Example> = {}): Example => ({
  encoder: null,
  selection: null,
  scene,
  image_group: scene,
  object,
  task: null,
  label,
  target: "category",
  cell: label,
  left_out: null,
  lacks: [],
  ...some
})
type Row = readonly [
  scene: string,
  source: string,
  object: number,
  token: string,
  selection?: string | null,
  task?: string | null
]
const tokenRows = (rows: ReadonlyArray<Row>): ActivationNames => ({
  scene: rows.map(([scene]) => scene),
  source: rows.map(([, source]) => source),
  object: rows.map(([, , object]) => object),
  token: rows.map(([, , , token]) => token),
  selection: rows.map(([, , , , selection = null]) => selection),
  task: rows.map(([, , , , , task = null]) => task),
  encoder_digest: rows.map(() => null),
  blocks: rows.map(() => null)
})
const plain = ({ examples, ...question }: Named) => ({
  ...question,
  scene: examples.map(({ scene }) => scene),
  object: examples.map(({ object }) => object),
  rows: [...question.rows],
  labels: [...question.labels],
  cell: [...question.cell],
  image: [...question.image]
})
const rows: ReadonlyArray<Row> = [
  ["a", "image", -1, "cls"],
  ["a", "object", 0, "avg_obj"],
  ["a", "object", 2, "avg_obj"],
  ["b", "image", -1, "cls"],
  ["b", "object", 0, "avg_obj"]
]
const examples = [
  example("b", 0, "dog"),
  example("a", 0, "cat"),
  example("a", 1, "cat", { left_out: "a crowd" }),
  example("a", 2, "dog")
]

describe("questionsOf", () => {
  it("leave out of a comparison the examples that lack it, and of nothing else", () => {
    const pair = (scene: string, lacks: ReadonlyArray<string>) =>
      example(scene, -1, scene === "a" ? "cat" : "dog", { task: "0", target: "primary", lacks })
    const sources = ["secondary", "secondary_vs_background", "background_vs_secondary", "secondary_vs_near"]
    const found = questionsOf(
      [pair("a", []), pair("b", ["background"])],
      tokenRows(["a", "b"].flatMap((scene) => sources.map((source): Row => [scene, source, -1, "avg_obj"])))
    )
    expect(Object.fromEntries(found.map(({ source, rows: of }) => [source, of.length]))).toEqual({
      secondary: 2,
      secondary_vs_background: 1,
      background_vs_secondary: 1,
      secondary_vs_near: 2
    })
  })
  it("joins kept examples with the rows that answer them, in the examples' order", () => {
    expect(questionsOf(examples, tokenRows(rows)).map(plain)).toEqual([
      {
        selection: "aligned",
        token: "avg_obj",
        source: "object",
        task: null,
        target: "category",
        classes: ["cat", "dog"],
        cells: ["cat", "dog"],
        rows: [4, 1, 2],
        labels: [1, 0, 1],
        cell: [1, 0, 1],
        scene: ["b", "a", "a"],
        images: ["b", "a"],
        image: [0, 1, 1],
        secondary: null,
        object: [0, 0, 2]
      },
      {
        selection: "aligned",
        token: "cls",
        source: "image",
        task: null,
        target: "category",
        classes: ["cat", "dog"],
        cells: ["cat", "dog"],
        // the scene's own row serves every example of it
        rows: [3, 0, 0],
        labels: [1, 0, 1],
        cell: [1, 0, 1],
        scene: ["b", "a", "a"],
        images: ["b", "a"],
        image: [0, 1, 1],
        secondary: null,
        object: [0, 0, 2]
      }
    ])
  })

  it("does not hang on the order of the rows, but for where they are", () => {
    const order = [3, 1, 4, 0, 2]
    const mixed = questionsOf(examples, tokenRows(order.map((i) => rows[i]!)))
    expect(mixed.map(plain).map((question) => question.rows.map((row) => order[row]!))).toEqual(
      questionsOf(examples, tokenRows(rows))
        .map(plain)
        .map((question) => question.rows)
    )
  })

  it("leaves out examples without a row of the token, and questions without an example", () => {
    const questions = questionsOf([...examples, example("c", 0, "eel")], tokenRows(rows))
    expect(questions.map(({ token, classes }) => [token, classes])).toEqual([
      ["avg_obj", ["cat", "dog"]],
      ["cls", ["cat", "dog"]]
    ])
    expect(questionsOf([example("c", 0, "eel")], tokenRows(rows))).toEqual([])
    expect(questionsOf([], tokenRows(rows))).toEqual([])
  })

  it("asks every target of every token and source", () => {
    const pair = (scene: string, primary: string, secondary: string) => [
      example(scene, -1, primary, { target: "primary", cell: `${primary} × ${secondary}` }),
      example(scene, -1, secondary, { target: "secondary", cell: `${primary} × ${secondary}` })
    ]
    const asked = questionsOf(
      [...pair("a", "disc", "star"), ...pair("b", "square", "ring")],
      tokenRows([
        ["a", "secondary", -1, "avg_obj"],
        ["a", "primary", -1, "avg_obj"],
        ["b", "primary", -1, "avg_obj"],
        ["a", "primary", -1, "random"]
      ])
    )
    expect(
      asked.map(({ token, source, target, rows: { length } }) => [token, source, target, length])
    ).toEqual([
      ["avg_obj", "primary", "primary", 2],
      ["avg_obj", "primary", "secondary", 2],
      ["avg_obj", "secondary", "primary", 1],
      ["avg_obj", "secondary", "secondary", 1],
      ["random", "primary", "primary", 1],
      ["random", "primary", "secondary", 1]
    ])
    expect(asked[0]).toMatchObject({
      classes: ["disc", "square"],
      cells: ["disc × star", "square × ring"]
    })
    expect(asked[1]!.classes).toEqual(["ring", "star"])
    // numbers of secondaries, for the primary alone
    expect(asked.map(({ secondary }) => secondary && [...secondary])).toEqual([
      [0, 1],
      null,
      [0],
      null,
      [0],
      null
    ])
  })

  it("takes the examples and rows of its own task and selection, and those that serve any", () => {
    const pair = (scene: string, task: string, some: Partial<Example> = {}) =>
      example(scene, -1, scene, { task, target: "primary", ...some })
    const asked = [
      pair("a", "0"),
      pair("b", "0", { selection: "centre" }),
      pair("b", "0", { selection: "aligned", encoder: "vit" }),
      pair("b", "0", { selection: "aligned", encoder: "clip" }),
      pair("c", "1"),
      pair("d", "0", { encoder: "clip" })
    ]
    const kept = (scene: string): ReadonlyArray<Row> => [
      [scene, "primary", -1, "avg_obj", "aligned", "0"],
      [scene, "primary", -1, "avg_obj", "centre", "0"],
      [scene, "primary", -1, "avg_obj", "aligned", "1"],
      [scene, "image", -1, "cls"]
    ]
    const questions = new Questions(askedOf(asked), tokenRows(["a", "b", "c", "d"].flatMap(kept)), "vit")
    const of = (token: string, source: string, selection: string, task: string) => {
      const question = questions.of({ token, source, selection, task, target: "primary" })
      return question.examples.map(({ scene }, i) => `${scene} ${question.rows[i]}`)
    }
    expect(of("avg_obj", "primary", "aligned", "0")).toEqual(["a 0", "b 4"])
    expect(of("avg_obj", "primary", "centre", "0")).toEqual(["a 1", "b 5"])
    expect(of("avg_obj", "primary", "as-published", "0")).toEqual([])
    expect(of("avg_obj", "primary", "aligned", "1")).toEqual(["c 10"])
    expect(of("cls", "image", "aligned", "0")).toEqual(["a 3", "b 7"])
    expect(of("cls", "image", "as-published", "1")).toEqual(["c 11"])
  })

  it("prefers an object's own row to one that serves every example of the scene", () => {
    const questions = new Questions(
      askedOf([example("a", 0, "cat"), example("a", 1, "dog")]),
      tokenRows([
        ["a", "object", -1, "avg_obj"],
        ["a", "object", 1, "avg_obj"]
      ]),
      "vit"
    )
    const id = { selection: "aligned", token: "avg_obj", source: "object", task: null, target: "category" }
    expect([...questions.of(id).rows]).toEqual([0, 1])
  })

  it("sorts classes by code point, as scikit-learn does", () => {
    const labels = ["😀", "b", "～", "B", "a"]
    const [question] = questionsOf(
      labels.map((label, i) => example(`s${i}`, 0, label)),
      tokenRows(labels.map((_, i) => [`s${i}`, "object", 0, "avg_obj"]))
    )
    expect(question!.classes).toEqual(["B", "a", "b", "～", "😀"])
  })

  it("refuses several rows for one example: all tokens of an image are no answer", () => {
    const all = tokenRows([...rows, ["a", "object", 0, "avg_obj"]])
    expect(() => questionsOf(examples, all)).toThrow(
      'scene a has several activations of token "avg_obj" (source "object", object 0); a probe needs exactly one'
    )
    // one with a selection, and one that serves any
    const both = tokenRows([...rows, ["a", "object", 0, "avg_obj", "aligned"]])
    expect(() => questionsOf(examples, both)).toThrow('scene a has several activations of token "avg_obj"')
    const other = tokenRows([...rows, ["a", "object", 0, "avg_obj", "aligned", "0"]])
    expect(questionsOf(examples, other)).toHaveLength(2)
  })
})

describe("why a question has no examples", () => {
  const asked = [
    example("a", -1, "cat", { task: "0", target: "primary" }),
    example("a", -1, "bed", { task: "0", target: "secondary", left_out: "no token" }),
    example("a", -1, "cat", { task: "1", target: "primary", encoder: "clip" }),
    example("b", -1, "cat", { task: "2", target: "primary", selection: "centre" }),
    example("b", -1, "cat", { task: "3", target: "primary" })
  ]
  const questions = new Questions(
    askedOf(asked),
    tokenRows([
      ["a", "primary", -1, "avg_obj", "aligned", "0"],
      ["b", "primary", -1, "avg_obj", "centre", "2"],
      ["a", "image", -1, "cls"]
    ]),
    "vit"
  )
  const fit = { selection: "aligned", token: "avg_obj", source: "primary", task: "0", target: "primary" }

  it.each<readonly [keyof typeof undefinedBecause, Partial<Fit>]>([
    ["untargeted", { target: "category" }],
    ["taskless", { task: "9" }],
    ["taskless", { task: null }],
    ["unasked", { task: "1" }],
    ["unasked", { task: "2" }],
    ["leftOut", { target: "secondary" }],
    ["tokenless", { token: "random" }],
    ["tokenless", { source: "secondary" }],
    ["unselected", { selection: "as-published" }],
    ["untasked", { task: "3" }],
    ["tokenless", { task: "3", token: "cls", source: "image" }]
  ])("%s: %j", (reason, some) => {
    const question = { ...fit, ...some }
    expect(questions.of(question).rows).toHaveLength(0)
    expect(questions.whyNone(question)).toBe(undefinedBecause[reason])
  })
})

describe("strata", () => {
  const asked = [
    example("a", 0, "cat"),
    example("a", 1, "dog"),
    example("b", 0, "dog"),
    example("b", 1, "cat"),
    example("c", 0, "cat")
  ]

  it("is one stratum for scenes that are asked the same, in whatever order", () => {
    const of = new Map(strata(asked).map(({ id, stratum }) => [id, stratum]))
    expect([...of.keys()]).toEqual(["a", "b", "c"])
    expect(of.get("a")).toBe(of.get("b"))
    expect(of.get("a")).not.toBe(of.get("c"))
  })

  it("does not hang on what one encoder leaves out, so that all encoders have the same folds", () => {
    const fewer = asked.map((one, i) => ({ ...one, left_out: i % 2 === 0 ? "no token" : null }))
    expect(strata(fewer)).toEqual(strata(asked))
  })

  it("does not hang on which encoders and selections are asked, and tells tasks apart", () => {
    const many = asked.flatMap((one) => [
      { ...one, encoder: "vit", selection: "aligned" },
      { ...one, encoder: "vit", selection: "centre" },
      { ...one, encoder: "clip", selection: "aligned", left_out: "no token" }
    ])
    expect(strata(many)).toEqual(strata(asked))
    const tasks = asked.map((one) => ({ ...one, task: "0" }))
    expect(new Set([...strata(tasks), ...strata(asked)].map(({ stratum }) => stratum)).size).toBe(4)
  })

  it("tells targets and cells apart whatever they are called", () => {
    const odd = strata([
      example("a", -1, "x", { target: "t", cell: "x" }),
      example("b", -1, "x", { target: "t", cell: 'x","t=y' }),
      example("c", -1, "x", { target: "t", cell: "x" }),
      example("c", -1, "x", { target: "t", cell: "y" })
    ])
    expect(new Set(odd.map(({ stratum }) => stratum)).size).toBe(3)
  })
})

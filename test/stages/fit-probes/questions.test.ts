import { describe, expect, it } from "vitest"
import type { ActivationNames } from "../../../stages/tables/activations.ts"
import type { Example } from "../../../stages/tables/examples.ts"
import {
  askedOf,
  type Question,
  Questions,
  strata as strataOfAsked
} from "../../../stages/fit-probes/questions.ts"

/** The questions with examples, of every token, source and target, sorted. */
function questionsOf(examples: ReadonlyArray<Example>, rows: ActivationNames): ReadonlyArray<Question> {
  const questions = new Questions(askedOf(examples), rows)
  const kinds = rows.token.map((token, i) => JSON.stringify([token, rows.source[i]]))
  const targets = [...new Set(examples.map(({ target }) => target))].sort()
  return [...new Set(kinds)].sort().flatMap((kind) => {
    const [token, source] = JSON.parse(kind) as [string, string]
    return targets
      .map((target) => questions.of({ token, source, target }))
      .filter(({ scene }) => scene.length > 0)
  })
}
const strata = (examples: ReadonlyArray<Example>) => strataOfAsked(askedOf(examples))

const example = (scene: string, object: number, label: string, some: Partial<Example> = {}): Example => ({
  scene,
  image_group: scene,
  object,
  label,
  target: "category",
  cell: label,
  left_out: null,
  ...some
})
type Row = readonly [scene: string, source: string, object: number, token: string]
const tokenRows = (rows: ReadonlyArray<Row>): ActivationNames => ({
  scene: rows.map(([scene]) => scene),
  source: rows.map(([, source]) => source),
  object: rows.map(([, , object]) => object),
  token: rows.map(([, , , token]) => token)
})
const plain = (question: Question) => ({
  ...question,
  rows: [...question.rows],
  labels: [...question.labels],
  cell: [...question.cell]
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
  it("joins kept examples with the rows that answer them, in the examples' order", () => {
    expect(questionsOf(examples, tokenRows(rows)).map(plain)).toEqual([
      {
        token: "avg_obj",
        source: "object",
        target: "category",
        classes: ["cat", "dog"],
        cells: ["cat", "dog"],
        rows: [4, 1, 2],
        labels: [1, 0, 1],
        cell: [1, 0, 1],
        scene: ["b", "a", "a"],
        image: ["b", "a", "a"],
        object: [0, 0, 2]
      },
      {
        token: "cls",
        source: "image",
        target: "category",
        classes: ["cat", "dog"],
        cells: ["cat", "dog"],
        // the scene's own row serves every example of it
        rows: [3, 0, 0],
        labels: [1, 0, 1],
        cell: [1, 0, 1],
        scene: ["b", "a", "a"],
        image: ["b", "a", "a"],
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

import { describe, expect, it } from "vitest"
import { fitId, type FitName } from "../../../stages/tables/fits.ts"
import { listFits } from "../../../stages/list-fits/stage.ts"
import { computeOf, fakeContext } from "../fakes.ts"

type Listed = FitName & { readonly id: string }
const all = {
  question: "pair",
  tasks: ["0"],
  selections: ["aligned"],
  comparisons: ["background"],
  probes: ["logistic", "perceptron"],
  taps: null,
  tokens: null,
  sources: null,
  targets: null,
  other_tokens: []
}
const taps = ["embed", "block.0.resid_post", "block.1.resid_post", "final.norm"]
const list = (some: object = {}, activations: ReadonlyArray<string> = taps): ReadonlyArray<Listed> =>
  computeOf(listFits)({ activations }, { ...all, ...some }, fakeContext(listFits))
const values = (fits: ReadonlyArray<Listed>, of: keyof FitName) => [...new Set(fits.map((fit) => fit[of]))]
const kinds = (fits: ReadonlyArray<Listed>) => [
  ...new Set(fits.map(({ token, source, target }) => `${token} (${source}) for ${target}`))
]

describe("list-fits", () => {
  it("lists each probe of each question at each tap, those of a tap together", () => {
    const fits = list()
    // two targets of three tokens of two objects and of cls, and two sides of a comparison with two kinds of token
    expect(fits).toHaveLength(4 * (2 * 7 + 4) * 2)
    expect(values(fits, "tap")).toEqual(taps)
    expect(fits.slice(0, 36).every(({ tap }) => tap === "embed")).toBe(true)
    expect(fits[0]).toEqual({
      id: "logistic/aligned/embed/avg_obj/primary/0/primary",
      probe: "logistic",
      selection: "aligned",
      tap: "embed",
      token: "avg_obj",
      source: "primary",
      task: "0",
      target: "primary"
    })
    expect(new Set(fits.map(({ id }) => id)).size).toBe(fits.length)
  })

  it("asks for the category of objects", () => {
    const fits = list({ question: "category", tasks: [] })
    expect(fits).toHaveLength(4 * 4 * 2)
    expect(values(fits, "source")).toEqual(["object", "image"])
    expect(values(fits, "target")).toEqual(["category"])
    expect(values(fits, "task")).toEqual([null])
    expect(fits[0]!.id).toBe("logistic/aligned/embed/avg_obj/object/category")
  })

  it("asks objects, background and image for the presence of each category", () => {
    const fits = list({ question: "presence", tasks: ["person", "dining table"] })
    expect(kinds(fits)).toEqual([
      "avg_obj (object) for presence",
      "random_obj (object) for presence",
      "random (object) for presence",
      "avg_obj (background) for presence",
      "random_obj (background) for presence",
      "cls (image) for presence"
    ])
    expect(values(fits, "task")).toEqual(["person", "dining table"])
    expect(fits).toHaveLength(4 * 2 * 6 * 2)
  })

  it("asks each task, with each selection", () => {
    const one = list()
    const fits = list({ tasks: ["0", "1", "0"], selections: ["centre", "aligned"] })
    expect(fits).toHaveLength(2 * 2 * one.length)
    expect(values(fits, "task")).toEqual(["0", "1"])
    expect(values(fits, "selection")).toEqual(["centre", "aligned"])
    const ids = new Set(fits.map(({ id }) => id))
    for (const { id } of one) expect(ids).toContain(id)
  })

  it("compares a pair's tokens with what is chosen", () => {
    const sources = (comparisons: ReadonlyArray<string>) =>
      values(list({ comparisons }), "source").filter((source) => /_vs_/.test(source!))
    expect(sources([])).toEqual([])
    expect(sources(["background"])).toEqual(["secondary_vs_background", "background_vs_secondary"])
    expect(sources(["near"])).toEqual(["secondary_vs_near", "near_vs_secondary"])
    expect(sources(["reverse"])).toEqual(["primary_vs_background", "background_vs_primary"])
    const reverse = list({ comparisons: ["background", "near", "reverse"], sources: "*_vs_*" })
    expect(kinds(reverse).filter((kind) => kind.endsWith("secondary"))).toEqual([
      "avg_obj (primary_vs_background) for secondary",
      "avg_obj (background_vs_primary) for secondary",
      "random_obj (primary_vs_background) for secondary",
      "random_obj (background_vs_primary) for secondary"
    ])
    expect(reverse).toHaveLength(4 * 12 * 2)
  })

  it("takes patterns for each part, in the order of the names", () => {
    const fits = list({
      probes: ["perceptron"],
      taps: "block.*.resid_post,embed",
      tokens: "{cls,avg_obj}",
      sources: "image, primary",
      targets: "secondary"
    })
    expect(fits.map(({ tap, token, source }) => `${tap} ${token} ${source}`)).toEqual(
      ["embed", "block.0.resid_post", "block.1.resid_post"].flatMap((tap) => [
        `${tap} avg_obj primary`,
        `${tap} cls image`
      ])
    )
    expect(values(fits, "probe")).toEqual(["perceptron"])
    expect(values(fits, "target")).toEqual(["secondary"])
  })

  it("asks tokens that select-tokens does not make for every target", () => {
    const fits = list({ other_tokens: [{ token: "pooled", source: "image" }], tokens: "pooled" })
    expect(kinds(fits)).toEqual(["pooled (image) for primary", "pooled (image) for secondary"])
    expect(fits).toHaveLength(4 * 2 * 2)
  })

  it.each([
    [{ taps: "block.7.resid_post" }, 'no tap matches "block.7.resid_post"', "final.norm"],
    [
      { taps: "block.{0,7}.resid_post" },
      'no tap matches "block.7.resid_post" (of "block.{0,7}.resid_post")',
      "embed"
    ],
    [{ taps: " , " }, "no tap is chosen", "embed"],
    [{ tokens: "clss" }, 'no token matches "clss"', "random_obj"],
    [{ sources: "object" }, 'no source matches "object"', "secondary"],
    [{ sources: "near_vs_secondary" }, 'no source matches "near_vs_secondary"', "background_vs_secondary"],
    [{ targets: "category" }, 'no target matches "category"', "primary, secondary"],
    [{ tokens: "cls", sources: "primary" }, 'no token "cls" has a source "primary"', "avg_obj (primary)"],
    [
      { sources: "background_vs_secondary", targets: "secondary" },
      'no such token is asked for the target "secondary"',
      "avg_obj (background_vs_secondary) for primary"
    ],
    [{ probes: [] }, "no kind of probe is chosen", "logistic"],
    [{ selections: [] }, "no selection is chosen", "as-published"],
    [{ tasks: [] }, "the question `pair` needs tasks, but `tasks` is empty", "assign-tasks"],
    [
      { question: "presence", tasks: [] },
      "the question `presence` needs categories, but `tasks` is empty",
      "categories"
    ],
    [{ question: "category" }, "the question `category` has no tasks", "leave `tasks` out"]
  ])("refuses %j and says what there is", (some, message, hint) => {
    expect(() => list(some)).toThrow(message)
    try {
      list(some)
    } catch (error) {
      expect((error as { hint: string }).hint).toContain(hint)
    }
  })

  it("refuses activations without taps", () => {
    expect(() => list({}, [])).toThrow("the activations have no taps")
  })
})

describe("the id of a fit", () => {
  const name = {
    probe: "logistic",
    selection: "aligned",
    tap: "embed",
    token: "cls",
    source: "image",
    task: null,
    target: "category"
  }
  it("escapes what would join or split its parts, so that no two fits share one", () => {
    const of = (tap: string, token: string, task: string | null = null) =>
      fitId({ ...name, tap, token, task })
    expect(of("tensor:/layer.3/Add", "cls")).toBe(
      "logistic/aligned/tensor:%2Flayer.3%2FAdd/cls/image/category"
    )
    expect(of("embed", "cls", "cat/dog")).toBe("logistic/aligned/embed/cls/image/cat%2Fdog/category")
    const ids = [
      of("a/b", "c"),
      of("a", "b/c"),
      of("a%2Fb", "c"),
      of("a%252Fb", "c"),
      of("a", "b%2Fc"),
      of("a", "b", "c"),
      of("a", "b", "")
    ]
    expect(new Set(ids).size).toBe(ids.length)
  })
})

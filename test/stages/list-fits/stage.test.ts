import { describe, expect, it } from "vitest"
import { fitId, type FitName } from "../../../stages/tables/fits.ts"
import { listFits } from "../../../stages/list-fits/stage.ts"
import { computeOf, fakeContext } from "../fakes.ts"

type Listed = FitName & { readonly id: string }
const all = {
  question: "pair",
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

describe("list-fits", () => {
  it("lists each probe of each question at each tap, those of a tap together", () => {
    const fits = list()
    expect(fits).toHaveLength(4 * 8 * 2 * 2)
    expect(values(fits, "tap")).toEqual(taps)
    expect(fits.slice(0, 32).every(({ tap }) => tap === "embed")).toBe(true)
    expect(fits[0]).toEqual({
      id: "logistic/embed/avg_obj/primary/primary",
      probe: "logistic",
      tap: "embed",
      token: "avg_obj",
      source: "primary",
      target: "primary"
    })
    expect(new Set(fits.map(({ id }) => id)).size).toBe(fits.length)
  })

  it("asks for the category of objects", () => {
    const fits = list({ question: "category" })
    expect(fits).toHaveLength(4 * 4 * 2)
    expect(values(fits, "source")).toEqual(["object", "image"])
    expect(values(fits, "target")).toEqual(["category"])
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

  it("takes tokens that select-tokens does not make", () => {
    const fits = list({ other_tokens: [{ token: "pooled", source: "image" }], tokens: "pooled" })
    expect(values(fits, "token")).toEqual(["pooled"])
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
    [{ targets: "category" }, 'no target matches "category"', "primary, secondary"],
    [{ tokens: "cls", sources: "primary" }, 'no token "cls" has a source "primary"', "avg_obj (primary)"]
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
  const name = { probe: "logistic", tap: "embed", token: "cls", source: "image", target: "category" }
  it("escapes what would join or split its parts, so that no two fits share one", () => {
    const of = (tap: string, token: string) => fitId({ ...name, tap, token })
    expect(of("tensor:/layer.3/Add", "cls")).toBe("logistic/tensor:%2Flayer.3%2FAdd/cls/image/category")
    const ids = [of("a/b", "c"), of("a", "b/c"), of("a%2Fb", "c"), of("a%252Fb", "c"), of("a", "b%2Fc")]
    expect(new Set(ids).size).toBe(ids.length)
  })
})

import { describe, expect, it, test } from "vitest"
import { describeEncoder, describeGiven } from "../../../stages/onnx/describe.ts"
import { openEncoder } from "../../../stages/onnx/session.ts"
import { fixture, graphModel, modelOf, pixelsOf } from "./fixture.ts"

type Step = readonly [op: string, inputs: string, outputs: string]
const nothing = { taps: null, patch: null, prefix: null }
const list = (taps: Readonly<Record<string, string>>) =>
  Object.entries(taps).map(([name, tensor]) => ({ name, tensor }))

/** Layers without skips: there is no residual stream. */
const steps: ReadonlyArray<Step> = [
  ["Conv", "image patches", "map"],
  ["Reshape", "map shape", "grid"],
  ["Concat", "cls grid", "x"],
  ...[0, 1, 2].flatMap((i): ReadonlyArray<Step> => [
    ["Softmax", i === 0 ? "x" : `/enc/layer.${i - 1}/output`, `/enc/layer.${i}/mid`],
    ["Relu", `/enc/layer.${i}/mid`, `/enc/layer.${i}/output`]
  ]),
  ["Shape", "image", "size"],
  ["Cast", "size", "sizes"],
  ["Relu", "/enc/layer.2/output", "y"]
]
const unknown = graphModel(steps, "y", [
  ["patches", 32, 3, 8, 8],
  ["cls", 1, 1, 32]
])
const describeUnknown = (taps: Readonly<Record<string, string>>, patch: number | null = null) =>
  describeGiven(unknown, { ...nothing, taps: list(taps), patch })

describe("an encoder whose structure is not recognised", () => {
  it("is refused with its candidates and with the way out", () => {
    expect(() => describeGiven(unknown, nothing)).toThrow(
      /there is no residual addition \(there are neither sums nor norms\); give taps by tensor, as in onnx\(path, \{ taps: \{ "block\.\*\.resid_post"/
    )
  })

  it("is described by the taps that are given, in the order of computing", () => {
    const description = describeUnknown({
      "block.*.resid_post": "/enc/layer.*/output",
      "block.*.resid_mid": "/enc/layer.*/mid",
      embed: "x"
    })
    expect(description).toMatchObject({
      patch: { height: 8, width: 8 },
      prefixTokens: 1,
      blocks: 3,
      outputs: ["y"]
    })
    expect(description.taps).toEqual([
      { name: "embed", tensor: "x" },
      ...[0, 1, 2].flatMap((i) => [
        { name: `block.${i}.resid_mid`, tensor: `/enc/layer.${i}/mid` },
        { name: `block.${i}.resid_post`, tensor: `/enc/layer.${i}/output` }
      ])
    ])
  })

  it("has as many blocks as the last tap's number says, though the others have no tap", () => {
    expect(describeUnknown({ "block.2.resid_post": "/enc/layer.2/output" }).blocks).toBe(3)
    expect(describeUnknown({ embed: "x" }).blocks).toBe(0)
  })

  it("takes patch and prefix from beside, before what the graph says", () => {
    const taps = list({ embed: "x" })
    const given = describeGiven(unknown, { taps, patch: 16, prefix: 5 })
    expect(given).toMatchObject({ patch: { height: 16, width: 16 }, prefixTokens: 5 })
  })

  it("needs the patch size where no convolution cuts patches", () => {
    const model = graphModel(
      [
        ["Reshape", "image shape", "pixels"],
        ["MatMul", "pixels w", "x"],
        ["Relu", "x", "y"]
      ],
      "y",
      [["w", 192, 32]]
    )
    const taps = list({ embed: "x" })
    expect(() => describeGiven(model, { ...nothing, taps })).toThrow(
      /the graph does not show the patch size: give it, as in onnx\(path, \{ patch: 16, prefix: 1 \}\)/
    )
    expect(describeGiven(model, { ...nothing, taps, patch: 8 })).toMatchObject({
      patch: { height: 8, width: 8 },
      prefixTokens: 0
    })
  })
})

describe("taps that are given are refused", () => {
  test.each([
    [
      "a tensor that is not there",
      { embed: "z" },
      /gives "z" for embed: no node of the graph produces such a tensor/
    ],
    ["a weight", { embed: "patches" }, /gives "patches" for embed: this is a weight/],
    ["what does not depend on the image", { embed: "sizes" }, /this tensor does not depend on the image/],
    [
      "a pattern that matches nothing",
      { "block.*.resid_post": "/enc/layer.*/sum" },
      /no tensor that depends on the image matches it \(\* matches a number\); there are neither sums/
    ],
    ["a * that stands for no number", { "block.*.x": "/enc/*.0/mid" }, /matches it/],
    [
      "more numbers on one side",
      { "block.0.resid_post": "/enc/layer.*/mid" },
      /both need the same number of \*, but they have 0 and 1/
    ],
    [
      "two tensors for one name",
      { "block.*.resid_post": "/enc/layer.*/output", "block.0.resid_post": "x" },
      /gives two tensors for block\.0\.resid_post: \/enc\/layer\.0\/output and x/
    ],
    ["a name that is none", { "tensor:x": "x" }, /has the invalid name "tensor:x": use letters/],
    ["none at all", {}, /`taps` is empty/]
  ] as ReadonlyArray<[string, Readonly<Record<string, string>>, RegExp]>)("%s", (_, taps, message) => {
    expect(() => describeUnknown(taps)).toThrow(message)
  })
})

describe("taps that are given for an encoder that is recognised", () => {
  const model = modelOf(fixture("clip.onnx"))
  const { taps: found, prefixTokens, blocks } = describeEncoder(model)
  const tensorOf = (name: string) => found.find((tap) => tap.name === name)!.tensor
  const taps = list({ mine: tensorOf("block.1.attn_out"), embed: tensorOf("embed") })

  it("replace those that are found; the rest is read off the graph", () => {
    expect(describeGiven(model, { ...nothing, taps })).toMatchObject({
      taps: [
        { name: "embed", tensor: tensorOf("embed") },
        { name: "mine", tensor: tensorOf("block.1.attn_out") }
      ],
      patch: { height: 8, width: 8 },
      prefixTokens,
      blocks
    })
  })

  it("give the same to the last bit, each alone with the graph before it, as all together", async () => {
    const { pixels, shape } = pixelsOf("pixels.npy")
    const run = async (names: ReadonlyArray<string>, known: typeof found | null) => {
      const session = await openEncoder(fixture("clip.onnx"), { taps: names, known })
      const outputs = await session.run(pixels, shape, new Float32Array(0), 0)
      await session.release()
      return outputs
    }
    const all = await run(
      found.map(({ name }) => name),
      null
    )
    for (const tap of found)
      expect(await run([tap.name], [tap]), tap.name).toEqual({ [tap.name]: all[tap.name] })
  })

  it("run as the others do", async () => {
    const { pixels, shape } = pixelsOf("pixels.npy")
    const run = async (names: ReadonlyArray<string>, known: typeof found | null) => {
      const session = await openEncoder(fixture("clip.onnx"), { taps: names, known, pool: true })
      const outputs = await session.run(pixels, shape, new Float32Array(2 * 2 * 17).fill(1 / 17), 2)
      await session.release()
      return outputs
    }
    const { taps: known } = describeGiven(model, { ...nothing, taps })
    const { mine, embed } = await run(["mine", "embed"], known)
    const structural = await run(["block.1.attn_out", "embed"], null)
    expect(mine).toEqual(structural["block.1.attn_out"])
    expect(embed).toEqual(structural["embed"])
    await expect(run(["block.0.resid_post"], known)).rejects.toThrow("the taps are embed, mine")
  })
})

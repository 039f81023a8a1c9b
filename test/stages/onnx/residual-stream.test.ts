import { describe, expect, test } from "vitest"
import { describeEncoder } from "../../../stages/onnx/describe.ts"
import { embedded, message, text } from "../../../stages/onnx/writer.ts"
import { readModel } from "../../../stages/onnx/reader.ts"
import { bytesAccess } from "../../../stages/onnx/access.ts"
import { graphBytes, graphModel } from "./fixture.ts"

type Step = readonly [op: string, inputs: string, outputs: string]

const patchWeights = ["patches", 32, 3, 8, 8] as const
/** The image cut into patches, flattened to tokens, with position embeddings. */
const stem = (embed: string): ReadonlyArray<Step> => [
  ["Conv", "image patches", "map"],
  ["Reshape", "map shape", "flat"],
  ["Transpose", "flat", "tokens"],
  ["Add", "tokens positions", embed]
]
/** softmax(q kᵀ) v of a tensor. */
const attention = (x: string, y: string): ReadonlyArray<Step> => [
  ["MatMul", `${x} wq`, `${y}.q`],
  ["MatMul", `${x} wk`, `${y}.k`],
  ["MatMul", `${x} wv`, `${y}.v`],
  ["MatMul", `${y}.q ${y}.k`, `${y}.scores`],
  ["Softmax", `${y}.scores`, `${y}.p`],
  ["MatMul", `${y}.p ${y}.v`, y]
]
const mlp = (x: string, y: string): ReadonlyArray<Step> => [
  ["MatMul", `${x} w1`, `${y}.up`],
  ["Gelu", `${y}.up`, `${y}.act`],
  ["MatMul", `${y}.act w2`, y]
]
const norm = (x: string, y: string): Step => ["LayerNormalization", `${x} g b`, y]

const preNormBlock = (i: number, from: string): ReadonlyArray<Step> => [
  norm(from, `n${i}a`),
  ...attention(`n${i}a`, `att${i}`),
  ["Add", `att${i} ${from}`, `mid${i}`],
  norm(`mid${i}`, `n${i}m`),
  ...mlp(`n${i}m`, `mlp${i}`),
  ["Add", `mid${i} mlp${i}`, `x${i + 1}`]
]
const preNorm = (blocks: number): ReadonlyArray<Step> => [
  ...stem("x0"),
  ...Array.from({ length: blocks }, (_, i) => preNormBlock(i, `x${i}`)).flat()
]

const postNormBlock = (i: number): ReadonlyArray<Step> => [
  ...attention(`x${i}`, `att${i}`),
  ["Add", `x${i} att${i}`, `sum${i}`],
  norm(`sum${i}`, `mid${i}`),
  ...mlp(`mid${i}`, `mlp${i}`),
  ["Add", `mlp${i} mid${i}`, `sum${i}m`],
  norm(`sum${i}m`, `x${i + 1}`)
]
const parallelBlock = (i: number): ReadonlyArray<Step> => [
  norm(`x${i}`, `n${i}`),
  ...attention(`n${i}`, `att${i}`),
  ...mlp(`n${i}`, `mlp${i}`),
  ["Add", `x${i} att${i}`, `half${i}`],
  ["Add", `half${i} mlp${i}`, `x${i + 1}`]
]

const tapsOf = (steps: ReadonlyArray<Step>, outputs: string): Readonly<Record<string, string>> => {
  const { taps } = describeEncoder(graphModel(steps, outputs, [patchWeights]))
  return Object.fromEntries(taps.map(({ name, tensor }) => [name, tensor]))
}
const preNormTaps = {
  embed: "x0",
  "block.0.attn_out": "att0",
  "block.0.resid_mid": "mid0",
  "block.0.mlp_out": "mlp0",
  "block.0.resid_post": "x1",
  "block.1.attn_out": "att1",
  "block.1.resid_mid": "mid1",
  "block.1.mlp_out": "mlp1",
  "block.1.resid_post": "x2"
}

describe("the residual stream is found by structure", () => {
  test("of pre-norm blocks, with the norm behind the last", () => {
    const steps = [...preNorm(2), norm("x2", "y")]
    expect(tapsOf(steps, "y")).toEqual({ ...preNormTaps, "final.norm": "y" })
  })

  test("whatever the order of the nodes", () => {
    const steps = [...preNorm(2), norm("x2", "y")]
    expect(tapsOf(steps.toReversed(), "y")).toEqual(tapsOf(steps, "y"))
  })

  test("with norms that are written out", () => {
    const writtenOut = ([, inputs, y]: Step): ReadonlyArray<Step> => {
      const [x] = inputs.split(" ")
      return [
        ["ReduceMean", x!, `${y}.mean`],
        ["Sub", `${x} ${y}.mean`, `${y}.centred`],
        ["Pow", `${y}.centred two`, `${y}.squares`],
        ["ReduceMean", `${y}.squares`, `${y}.variance`],
        ["Add", `${y}.variance eps`, `${y}.stable`],
        ["Sqrt", `${y}.stable`, `${y}.deviation`],
        ["Div", `${y}.centred ${y}.deviation`, `${y}.unit`],
        ["Mul", `${y}.unit g`, `${y}.scaled`],
        ["Add", `${y}.scaled b`, y]
      ]
    }
    const steps = [...preNorm(2), norm("x2", "y")].flatMap((step) =>
      step[0] === "LayerNormalization" ? writtenOut(step) : [step]
    )
    expect(tapsOf(steps, "y")).toEqual({ ...preNormTaps, "final.norm": "y" })
  })

  test("of post-norm blocks: what leaves a block is normed", () => {
    const steps: ReadonlyArray<Step> = [...stem("x0"), ...[0, 1].flatMap(postNormBlock), ["Relu", "x2", "y"]]
    expect(tapsOf(steps, "y")).toEqual(preNormTaps)
  })

  test("of parallel blocks: attention and MLP are added at once", () => {
    const steps: ReadonlyArray<Step> = [...stem("x0"), ...[0, 1].flatMap(parallelBlock), norm("x2", "y")]
    expect(tapsOf(steps, "y")).toEqual({
      embed: "x0",
      "block.0.attn_out": "att0",
      "block.0.mlp_out": "mlp0",
      "block.0.resid_post": "x1",
      "block.1.attn_out": "att1",
      "block.1.mlp_out": "mlp1",
      "block.1.resid_post": "x2",
      "final.norm": "y"
    })
  })

  test("of parallel blocks: whose a bias is that is added to both is not told", () => {
    const steps = [0, 1].flatMap((i) =>
      parallelBlock(i).map(([op, inputs, made]): Step =>
        made === `x${i + 1}` ? ["Sum", `${inputs} bias`, made] : [op, inputs, made]
      )
    )
    expect(Object.keys(tapsOf([...stem("x0"), ...steps, norm("x2", "y")], "y"))).toEqual([
      "embed",
      "block.0.resid_post",
      "block.1.resid_post",
      "final.norm"
    ])
  })

  test("through casts and quantisation of the skip", () => {
    const steps = [...preNorm(2), norm("x2", "y")].flatMap((step): ReadonlyArray<Step> => {
      if (step[2] !== "mid0") return [step]
      return [
        ["QuantizeLinear", "x0 scale zero", "x0.q"],
        ["DequantizeLinear", "x0.q scale zero", "x0.dq"],
        ["Add", "att0 x0.dq", "mid0"]
      ]
    })
    expect(tapsOf(steps, "y")).toEqual({ ...preNormTaps, embed: "x0.dq", "final.norm": "y" })
  })

  test("with sums and norms fused; a sum that a node keeps to itself is to be added", () => {
    const fused = "SkipLayerNormalization"
    const steps: ReadonlyArray<Step> = [
      ...stem("x0"),
      norm("x0", "n0a"),
      ...attention("n0a", "att0"),
      [fused, "x0 att0 g b", "n0m _ _ mid0"],
      ...mlp("n0m", "mlp0"),
      [fused, "mlp0 mid0 g b bias", "n1a _ _ x1"],
      ...attention("n1a", "att1"),
      [fused, "x1 att1 g b", "n1m _ _ mid1"],
      ...mlp("n1m", "mlp1"),
      [fused, "mlp1 mid1 g b bias", "y"]
    ]
    const { taps } = describeEncoder(graphModel(steps, "y", [patchWeights]))
    expect(taps).toEqual([
      { name: "embed", tensor: "x0" },
      { name: "block.0.attn_out", tensor: "att0" },
      { name: "block.0.resid_mid", tensor: "mid0" },
      { name: "block.0.mlp_out", tensor: "probeline/mlp_out/n1a", sumOf: ["mlp0", "bias"] },
      { name: "block.0.resid_post", tensor: "x1" },
      { name: "block.1.attn_out", tensor: "att1" },
      { name: "block.1.resid_mid", tensor: "mid1" },
      { name: "block.1.mlp_out", tensor: "probeline/mlp_out/y", sumOf: ["mlp1", "bias"] },
      { name: "block.1.resid_post", tensor: "probeline/sum/y", sumOf: ["mlp1", "mid1", "bias"] },
      { name: "final.norm", tensor: "y" }
    ])
  })

  test("with biases that are added behind the sum: they are part of what was added", () => {
    const steps = preNorm(2).flatMap((step): ReadonlyArray<Step> => {
      const [op, inputs, made] = step
      return /^(mid|x[12])/.test(made)
        ? [
            [op, inputs, `${made}.sum`],
            ["Add", `${made}.sum bias`, made]
          ]
        : [step]
    })
    const { taps } = describeEncoder(graphModel([...steps, norm("x2", "y")], "y", [patchWeights]))
    const { tensor: mid } = taps.find(({ name }) => name === "block.1.resid_mid")!
    expect(mid).toBe("mid1")
    const within = taps.filter(({ name }) => name.endsWith("_out")).map(({ sumOf }) => sumOf)
    expect(within).toEqual([
      ["att0", "bias"],
      ["mlp0", "bias"],
      ["att1", "bias"],
      ["mlp1", "bias"]
    ])
  })

  test("with a branch that is a sum itself, as of an adapter, in one piece", () => {
    const steps = preNorm(1).flatMap((step): ReadonlyArray<Step> =>
      step[2] === "x1"
        ? [
            ["MatMul", "mlp0.act down", "low"],
            ["Add", "mlp0 low", "both"],
            ["Add", "mid0 both", "x1"]
          ]
        : [step]
    )
    expect(tapsOf([...steps, norm("x1", "y")], "y")).toMatchObject({ "block.0.mlp_out": "both" })
  })

  test("before a convolutional head", () => {
    const steps: ReadonlyArray<Step> = [
      ...preNorm(2),
      norm("x2", "last"),
      ["Slice", "last starts", "grid"],
      ["Transpose", "grid", "channels"],
      ["Conv", "channels wh", "hidden"],
      ["Relu", "hidden", "active"],
      ["Conv", "active wo", "branch"],
      ["Add", "branch hidden", "heat"],
      ["Sigmoid", "heat", "y"]
    ]
    expect(tapsOf(steps, "y")).toEqual({ ...preNormTaps, "final.norm": "last" })
  })

  test("before a head that reads several blocks (DPT), where no way to the output is whole", () => {
    const steps: ReadonlyArray<Step> = [
      ...preNorm(4),
      ["Conv", "x1 wh", "level1"],
      ["Conv", "x3 wh", "level3"],
      norm("x4", "last"),
      ["Conv", "last wh", "level4"],
      ["Add", "level1 level3", "fused"],
      ["Add", "fused level4", "y"]
    ]
    expect(tapsOf(steps, "y")).toMatchObject({
      embed: "x0",
      "block.0.resid_post": "x1",
      "block.3.resid_mid": "mid3",
      "block.3.resid_post": "x4",
      "final.norm": "last"
    })
  })
})

describe("what is no plain vision transformer is refused, and says what is there", () => {
  test("a residual network without attention", () => {
    const steps: ReadonlyArray<Step> = [
      ["Conv", "image patches", "x0"],
      ...[0, 1].flatMap((i): ReadonlyArray<Step> => [
        ["Conv", `x${i} w`, `c${i}`],
        ["Add", `c${i} x${i}`, `s${i}`],
        ["Relu", `s${i}`, `x${i + 1}`]
      ])
    ]
    expect(() => tapsOf(steps, "x2")).toThrow(
      /no residual addition has an attention; candidates are s0, s1; give taps by tensor, as in onnx\(path, \{ taps: /
    )
  })

  test("a pyramid, whose tokens change their number on the way", () => {
    const merge = (from: string, to: string): Step => ["MatMul", `${from} wm`, to]
    const steps: ReadonlyArray<Step> = [
      ...stem("x0"),
      ...preNormBlock(0, "x0"),
      merge("x1", "m1"),
      ...preNormBlock(1, "m1"),
      merge("x2", "m2"),
      ...preNormBlock(2, "m2")
    ]
    expect(() => tapsOf(steps, "x3")).toThrow(
      /a pyramid of 3 residual streams \(2, 2, 2 additions\).*candidates are mid0, x1, mid1, x2, mid2, x3; give taps/
    )
  })

  test("a graph that hides in local functions", () => {
    const outer: ReadonlyArray<Step> = [["Encoder", "image", "y"]]
    const definition = embedded(25, message(text(1, "Encoder"), text(10, "pkg")))
    const model = readModel(bytesAccess(message(graphBytes(outer, "y"), definition)))
    expect(() => describeEncoder(model)).toThrow(
      /hides its nodes in 1 local functions \(Encoder\): inline them/
    )
  })

  test("images with channels last, or none at all", () => {
    const steps = [...preNorm(1)]
    expect(() => describeEncoder(graphModel(steps, "x1", [patchWeights], ["batch", 32, 32, 3]))).toThrow(
      "image takes images [batch, 32, 32, 3]: channels last"
    )
    expect(() => describeEncoder(graphModel(steps, "x1", [patchWeights], ["batch", 77]))).toThrow(
      "no input takes images [batch, channels, height, width]; the inputs are image [batch, 77]"
    )
  })

  test("a patch embedding without convolution", () => {
    const steps: ReadonlyArray<Step> = [["MatMul", "image w", "x0"], ...preNormBlock(0, "x0")]
    expect(() => tapsOf(steps, "x1")).toThrow("no convolution cuts the image into patches")
  })
})

test("a second, shorter stream is left out with a warning", () => {
  const steps: ReadonlyArray<Step> = [
    ...preNorm(2),
    ["MatMul", "x2 bridge", "z0"],
    ...preNormBlock(7, "z0").map(([op, i, o]): Step => [op, i, o]),
    norm("x8", "y")
  ]
  const { warnings, blocks } = describeEncoder(graphModel(steps, "y", [patchWeights]))
  expect(blocks).toBe(2)
  expect(warnings).toEqual(["ignored another residual stream of 2 additions; the longest has 4"])
})

describe("tokens before the patches are counted", () => {
  const prefixOf = (joins: ReadonlyArray<Step>) => {
    const steps: ReadonlyArray<Step> = [
      ...stem("grid"),
      ["Expand", "cls batch", "one"],
      ...joins,
      ...preNormBlock(0, "x0")
    ]
    const weights = [patchWeights, ["cls", 1, 1, 32], ["registers", 1, 4, 32], ["odd", 1, 4, 31]] as const
    return describeEncoder(graphModel(steps, "x1", weights)).prefixTokens
  }
  test.each([
    ["none", 0, [["Add", "grid more", "x0"]]],
    ["a class token", 1, [["Concat", "one grid", "x0"]]],
    [
      "a class token whose copies are quantised",
      1,
      [
        ["QuantizeLinear", "one scale zero", "one.q"],
        ["DequantizeLinear", "one.q scale zero", "one.dq"],
        ["Concat", "one.dq grid", "x0"]
      ]
    ],
    [
      "registers put behind the class token later",
      5,
      [
        ["Concat", "one grid", "joined"],
        ["Slice", "joined first", "head"],
        ["Slice", "joined others", "rest"],
        ["Concat", "head registers rest", "x0"]
      ]
    ],
    ["not those behind the patches", 1, [["Concat", "one grid registers", "x0"]]],
    ["unknown where the size is computed", null, [["Concat", "computed grid", "x0"]]],
    ["unknown where the width is another", null, [["Concat", "odd grid", "x0"]]]
  ] as ReadonlyArray<[string, number | null, ReadonlyArray<Step>]>)("%s: %s", (_, prefix, joins) => {
    expect(prefixOf(joins)).toBe(prefix)
  })
})

import { fileURLToPath } from "node:url"
import { bytesAccess, fileAccess } from "../../../stages/onnx/access.ts"
import type { Model } from "../../../stages/onnx/model.ts"
import { readModel } from "../../../stages/onnx/reader.ts"
import {
  graphPatch,
  message,
  node,
  tensorInfo,
  text,
  integer,
  embedded
} from "../../../stages/onnx/writer.ts"
import { readNpy } from "./npy.ts"

export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/onnx/${name}`, import.meta.url))
export const quickstartModel = fileURLToPath(new URL("../../fixtures/vit-random/model.onnx", import.meta.url))

/** The names of a pre-norm block's taps, in order. */
export const tapsOfBlock = (i: number): ReadonlyArray<string> =>
  ["attn_out", "resid_mid", "mlp_out", "resid_post"].map((name) => `block.${i}.${name}`)

export function modelOf(file: string): Model {
  const access = fileAccess(file)
  try {
    return readModel(access)
  } finally {
    access.close()
  }
}

/** The encoders' input: value / 128 − 1 of an uint8 array [images, 3, H, W]. */
export function pixelsOf(name: string) {
  const { data, shape } = readNpy(fixture(name))
  return { pixels: data.map((value) => value / 128 - 1), shape: shape as [number, number, number, number] }
}

/** Largest difference over largest magnitude. */
export function relativeDifference(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Infinity
  let [difference, scale] = [0, 0]
  expected.forEach((value, i) => {
    difference = Math.max(difference, Math.abs(value - actual[i]!))
    scale = Math.max(scale, Math.abs(value))
  })
  return difference / scale
}

type Weight = readonly [name: string, ...dims: Array<number>]
type Step = readonly [op: string, inputs: string, outputs: string]

const stridesOfEight = message(text(1, "strides"), integer(8, 8), integer(8, 8), integer(20, 7))

/** A model's bytes, structure alone; the convolution by the weight `patches` has strides of 8: names are separated by spaces, "_" is an input or output that is left out. */
export function graphBytes(
  steps: ReadonlyArray<Step>,
  outputs: string,
  weights: ReadonlyArray<Weight> = [],
  imageShape: ReadonlyArray<number | string> = ["batch", 3, 32, 32]
): Uint8Array {
  const names = (list: string) => list.split(" ").map((name) => (name === "_" ? "" : name))
  const nodes = steps.map(([op, inputs, made]) => {
    const [first, ...others] = names(made)
    const strides = inputs.includes("patches") ? [embedded(5, stridesOfEight)] : []
    return message(node(op, names(inputs), first!), ...others.map((name) => text(2, name)), ...strides)
  })
  const initializers = weights.map(([name, ...dims]) =>
    embedded(5, message(...dims.map((dim) => integer(1, dim)), integer(2, 1), text(8, name)))
  )
  return message(
    integer(1, 8),
    embedded(8, integer(2, 17)),
    graphPatch({
      nodes,
      inputs: [tensorInfo("image", "float32", imageShape)],
      outputs: names(outputs).map((name) => tensorInfo(name, "float32", ["batch", null, null]))
    }),
    embedded(7, message(...initializers))
  )
}
export const graphModel = (...parts: Parameters<typeof graphBytes>): Model =>
  readModel(bytesAccess(graphBytes(...parts)))

/** A runnable block of one attention whose sum and norm are one node of onnxruntime's own, [batch, 16, 4]. */
export function fusedModel(): Uint8Array {
  const tensor = (name: string, dims: ReadonlyArray<number>, type: number, data: ArrayBufferView) =>
    embedded(
      5,
      message(
        ...dims.map((dim) => integer(1, dim)),
        integer(2, type),
        text(8, name),
        embedded(9, new Uint8Array(data.buffer))
      )
    )
  const [float32, int64] = [1, 7]
  const patches = Float32Array.from({ length: 4 * 3 * 8 * 8 }, (_, i) => Math.sin(i))
  const permutation = embedded(
    5,
    message(text(1, "perm"), integer(8, 0), integer(8, 2), integer(8, 1), integer(20, 7))
  )
  const transposed = (from: string, to: string) => message(node("Transpose", [from], to), permutation)
  const nodes = [
    message(node("Conv", ["image", "patches"], "map"), embedded(5, stridesOfEight)),
    node("Reshape", ["map", "shape"], "flat"),
    transposed("flat", "x"),
    transposed("x", "keys"),
    node("MatMul", ["x", "keys"], "scores"),
    node("Softmax", ["scores"], "p"),
    node("MatMul", ["p", "x"], "attention"),
    message(node("SkipLayerNormalization", ["x", "attention", "g", "b"], "y"), text(7, "com.microsoft"))
  ]
  const weights = [
    tensor("patches", [4, 3, 8, 8], float32, patches),
    tensor("shape", [3], int64, BigInt64Array.of(0n, 4n, 16n)),
    tensor("g", [4], float32, Float32Array.of(1, 2, 3, 4)),
    tensor("b", [4], float32, Float32Array.of(0, 1, 0, 1))
  ]
  return message(
    integer(1, 8),
    embedded(8, integer(2, 17)),
    embedded(8, message(text(1, "com.microsoft"), integer(2, 1))),
    graphPatch({
      nodes,
      inputs: [tensorInfo("image", "float32", ["batch", 3, 32, 32])],
      outputs: [tensorInfo("y", "float32", ["batch", 16, 4])]
    }),
    embedded(7, message(text(2, "fused"), ...weights))
  )
}

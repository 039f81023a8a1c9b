import { fileURLToPath } from "node:url"
import { bytesAccess, fileAccess } from "../../../../stages/vision/onnx/access.ts"
import type { Model } from "../../../../stages/vision/onnx/model.ts"
import { readModel } from "../../../../stages/vision/onnx/reader.ts"
import {
  graphPatch,
  message,
  node,
  tensorInfo,
  text,
  integer,
  embedded
} from "../../../../stages/vision/onnx/writer.ts"
import { readNpy } from "./npy.ts"

export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../fixtures/onnx/${name}`, import.meta.url))
export const quickstartModel = fileURLToPath(
  new URL("../../../../pipelines/quickstart/vit/model.onnx", import.meta.url)
)

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

import type { Dimension } from "./model.ts"
import { OnnxError } from "./onnx-error.ts"

export type ImageShape = readonly [batch: number, channels: number, height: number, width: number]

/** @throws {OnnxError} a shape that the model does not take, or that the pixels do not have */
export function checkImages(
  file: string,
  input: { readonly name: string; readonly dims: ReadonlyArray<Dimension> },
  pixels: Float32Array,
  shape: ImageShape
): void {
  const given = `images [${shape.join(", ")}]`
  const wanted = input.dims.slice(1)
  if (wanted.some((size, i) => typeof size === "number" && size !== shape[i + 1])) {
    const layout = shape[3] === 3 && shape[1] !== 3 ? ": channels come before height and width" : ""
    throw new OnnxError(
      `${file}: ${given} do not fit its input ${input.name}, which takes [batch, ${wanted.join(", ")}]${layout}`
    )
  }
  const size = shape.reduce((a, b) => a * b, 1)
  if (pixels.length !== size || size === 0) {
    throw new OnnxError(`${file}: ${given} need ${size} values, more than none, and have ${pixels.length}`)
  }
}

/** @throws {OnnxError} there are none, or they do not divide into rows */
export function checkWeights(
  file: string,
  batch: number,
  weights: Float32Array | undefined,
  rows: number
): void {
  const isWhole = weights !== undefined && rows > 0 && weights.length % (batch * rows) === 0
  if (isWhole && weights.length > 0) return
  throw new OnnxError(
    `${file}: pooling needs weights [${batch}, rows, tokens]: there are ${weights?.length ?? 0} values and ${rows} rows`
  )
}

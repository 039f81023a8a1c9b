/** Reads the file of a fit's weights (see weights-file.ts), and answers with them. */
import { sizeOf } from "../tensor-files/stored-tensor.ts"
import { openSafetensors } from "../tensor-files/safetensors.ts"
import { TensorFileError } from "../tensor-files/tensor-file-error.ts"

export interface StoredProbes {
  readonly width: number
  /** The label that the probe of a split gives a row, its first value at `from`. */
  answer(split: number, x: ArrayLike<number>, from: number): string
}

/** @throws TensorFileError if it is not a file of weights */
export function readWeights(content: Uint8Array): StoredProbes {
  // slices of a Buffer would share its memory
  const file = new Uint8Array(content)
  const tensors = openSafetensors({
    size: file.length,
    read: (from, length) => file.slice(from, from + length)
  })
  const values = (name: string): Float64Array => {
    const tensor = tensors.get(name)
    if (tensor?.type !== "float64") throw new TensorFileError(`it has no float64 tensor "${name}"`)
    const bytes = file.slice(tensor.offset, tensor.offset + 8 * sizeOf(tensor.shape))
    return new Float64Array(bytes.buffer)
  }
  const [mean, scale, coefficients, intercepts] = ["mean", "scale", "coefficients", "intercepts"].map(
    values
  ) as [Float64Array, Float64Array, Float64Array, Float64Array]
  const classes = splitClasses(file)
  const vectors = intercepts.length / classes.length
  const width = mean.length / classes.length
  return {
    width,
    answer(split, x, from) {
      const names = classes[split]!
      // two classes have one vector: the first's score is 0
      const first = names.length === 2 ? 1 : 0
      let [best, most] = [0, first === 1 ? 0 : -Infinity]
      for (let k = first; k < names.length; k++) {
        const vector = split * vectors + k - first
        let score = intercepts[vector]!
        for (let j = 0; j < width; j++) {
          const at = split * width + j
          score += (x[from + j]! - mean[at]!) * scale[at]! * coefficients[vector * width + j]!
        }
        if (score > most) [best, most] = [k, score]
      }
      return names[best]!
    }
  }
}

/** The classes of each split's vectors, from the header, which `openSafetensors` has checked. */
function splitClasses(file: Uint8Array): ReadonlyArray<ReadonlyArray<string>> {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true))
  const header = JSON.parse(Buffer.from(file.subarray(8, 8 + length)).toString("utf8"))
  const text: unknown = header["__metadata__"]?.["split_classes"]
  if (typeof text !== "string") throw new TensorFileError('its metadata has no "split_classes"')
  return JSON.parse(text)
}

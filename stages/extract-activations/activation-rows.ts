/** The runtime takes images and pooling weights over tokens, and returns rows of activations. */
import { createHash } from "node:crypto"
import { column, type Failed, failed, type WrittenRow } from "../../src/index.ts"
import { activationColumns } from "../tables/activations.ts"
import type { TokenRow } from "../tables/tokens.ts"
import type { TapOutputs } from "../onnx/tap-values.ts"
import { type Precision, reasonNotKept, stored } from "./precision.ts"

export const extractedColumns = {
  ...activationColumns,
  /** sha256 of the encoder's input: equal for two image files that give the encoder the same pixels */
  pixels: column.utf8()
}
export type ActivationRow = WrittenRow<typeof extractedColumns>

/** Identifies an image by what the encoder sees: the sha256 of its input, in hexadecimal. */
export const pixelsOf = ({ buffer, byteOffset, byteLength }: Float32Array): string =>
  createHash("sha256")
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest("hex")

/**
 * Pooling weights [items, rows, tokens]; zero where an item has fewer rows than the others.
 *
 * @param tokens number of the encoder's tokens: the prefix and the patches
 */
export function poolingWeights(
  selections: ReadonlyArray<ReadonlyArray<TokenRow>>,
  rows: number,
  tokens: number
): Float32Array {
  const all = new Float32Array(selections.length * rows * tokens)
  for (const [item, selection] of selections.entries())
    for (const [row, { indices, weights }] of selection.entries()) {
      const at = (item * rows + row) * tokens
      for (let k = 0; k < indices.length; k++) all[at + indices[k]!] = weights[k]!
    }
  return all
}

/**
 * The rows of item `index` of a batch, from pooled outputs [items, rows, width]; float32 shares their memory. The
 * item fails if a value cannot be stored.
 *
 * @param pixels of the item's input (`pixelsOf`)
 */
export function activationRows(
  selection: ReadonlyArray<TokenRow>,
  pixels: string,
  index: number,
  rows: number,
  outputs: TapOutputs,
  taps: ReadonlyArray<string>,
  precision: Precision
): ReadonlyArray<ActivationRow> | Failed {
  const result: Array<ActivationRow> = []
  for (const [row, { source, object, token }] of selection.entries()) {
    const activation = new Map<string, Float32Array | Uint16Array>()
    for (const tap of taps) {
      const { data, shape } = outputs[tap]!
      const width = shape.at(-1)!
      const from = (index * rows + row) * width
      const values = data.subarray(from, from + width)
      const wrong = reasonNotKept(values, precision)
      if (wrong !== null)
        return failed(`tap ${tap} has ${wrong} (token ${token}, object ${object} of ${source})`)
      activation.set(tap, stored(values, precision))
    }
    result.push({ source, object, token, activation: Object.fromEntries(activation), pixels })
  }
  return result
}

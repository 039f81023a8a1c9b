/** The runtime takes images and pooling weights over tokens, and returns rows of activations. */
import { createHash } from "node:crypto"
import { column, type Failed, failed, type Row, type WrittenRow } from "../../src/index.ts"
import { activationColumns, encoderColumns } from "../tables/activations.ts"
import type { TokenRow } from "../tables/tokens.ts"
import type { TapOutputs } from "../onnx/tap-values.ts"
import { type Precision, reasonNotKept, stored } from "./precision.ts"

export const extractedColumns = {
  ...activationColumns,
  /** sha256 of the encoder's input: equal for two image files that give the encoder the same pixels */
  pixels: column.utf8()
}
export type ActivationRow = WrittenRow<typeof extractedColumns>
/** Whose activations they are. */
export type EncoderFacts = Row<typeof encoderColumns>

/** Identifies an image by what the encoder sees: the sha256 of its input, in hexadecimal. */
export const pixelsOf = ({ buffer, byteOffset, byteLength }: Float32Array): string =>
  createHash("sha256")
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest("hex")

/** A scene's tokens, and its different weight vectors: several selections and tasks often have the same ones. */
export interface Pooling {
  readonly tokens: ReadonlyArray<TokenRow>
  readonly vectors: ReadonlyArray<Pick<TokenRow, "indices" | "weights">>
  /** for each token, its vector */
  readonly vectorOf: ReadonlyArray<number>
}
export function poolingOf(tokens: ReadonlyArray<TokenRow>): Pooling {
  const known = new Map<string, number>()
  const vectors: Array<Pick<TokenRow, "indices" | "weights">> = []
  const vectorOf = tokens.map(({ indices, weights }) => {
    const text = JSON.stringify([indices, weights])
    const found = known.get(text)
    if (found !== undefined) return found
    known.set(text, vectors.length)
    return vectors.push({ indices, weights }) - 1
  })
  return { tokens, vectors, vectorOf }
}

/**
 * Pooling weights [items, rows, tokens]; zero where an item has fewer vectors than the others.
 *
 * @param tokens number of the encoder's tokens: the prefix and the patches
 */
export function poolingWeights(
  poolings: ReadonlyArray<Pick<Pooling, "vectors">>,
  rows: number,
  tokens: number
): Float32Array {
  const all = new Float32Array(poolings.length * rows * tokens)
  for (const [item, { vectors }] of poolings.entries())
    for (const [row, { indices, weights }] of vectors.entries()) {
      const at = (item * rows + row) * tokens
      for (let k = 0; k < indices.length; k++) all[at + indices[k]!] = weights[k]!
    }
  return all
}

/**
 * The rows of item `index` of a batch, from pooled outputs [items, rows, width]; float32 shares their memory. The
 * item fails if a value cannot be stored.
 *
 * @param same what all rows of the item have in common; `pixels` is of its input (`pixelsOf`)
 */
export function activationRows(
  { tokens, vectorOf }: Pooling,
  same: EncoderFacts & { readonly pixels: string },
  index: number,
  rows: number,
  outputs: TapOutputs,
  taps: ReadonlyArray<string>,
  precision: Precision
): ReadonlyArray<ActivationRow> | Failed {
  const result: Array<ActivationRow> = []
  const known = new Map<number, ActivationRow["activation"]>()
  for (const [i, { selection, task, source, object, token }] of tokens.entries()) {
    const name = { selection, task, source, object, token, ...same }
    const pooled = known.get(vectorOf[i]!)
    if (pooled !== undefined) {
      result.push({ ...name, activation: pooled })
      continue
    }
    const activation = new Map<string, Float32Array | Uint16Array>()
    for (const tap of taps) {
      const { data, shape } = outputs[tap]!
      const width = shape.at(-1)!
      const from = (index * rows + vectorOf[i]!) * width
      const values = data.subarray(from, from + width)
      const wrong = reasonNotKept(values, precision)
      if (wrong !== null)
        return failed(`tap ${tap} has ${wrong} (token ${token}, object ${object} of ${source})`)
      activation.set(tap, stored(values, precision))
    }
    const byTap = Object.fromEntries(activation)
    known.set(vectorOf[i]!, byTap)
    result.push({ ...name, activation: byTap })
  }
  return result
}

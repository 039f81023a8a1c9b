/** A vector, or several tokens' vectors, of an item: where it is, and which. */
import type { TokenLabel } from "./labels.ts"

/** Where a tap's values lie. */
export interface Place {
  readonly file: string
  /** the tensor's name in a .safetensors file */
  readonly tensor: string | null
  /** of the tensor's first dimension; null for the entry's */
  readonly row: number | null
}
export interface Entry {
  readonly id: string
  /** where it is written, for errors */
  readonly file: string
  readonly field: string
  readonly image: string | null
  /** none of them twice */
  readonly tokens: ReadonlyArray<TokenLabel>
  readonly taps: ReadonlyMap<string, Place>
  /** of the tensors' first dimension; null for whole tensors */
  readonly row: number | null
}
/** Reads a text file; null when it is missing. */
export type ReadText = (file: string) => Promise<string | null>

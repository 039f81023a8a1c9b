/** What a manifest of activations comes to: vectors, where each lies, and which token it is of. */
import { StageError } from "../../src/index.ts"

/** Which token of a scene a vector is of: see the columns of extract-activations. */
export interface TokenLabel {
  readonly source: string
  readonly object: number
  readonly token: string
}
export const labelKey = ({ source, object, token }: TokenLabel): string =>
  `${token} (source ${source}, object ${object})`

/** Where a tap's values lie. */
export interface Place {
  readonly file: string
  /** the tensor's name in a .safetensors file */
  readonly tensor: string | null
  /** of the tensor's first dimension; null for the entry's */
  readonly row: number | null
}

/** A vector, or several tokens' vectors, of an item. */
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

/** A manifest of activations, or a file that it names, is not as it should be: what, where, and what to do. */
export class ImportError extends StageError {
  override readonly name = "ImportError"
  /** @param field such as `items[3].taps`; null where it is the file as a whole */
  constructor(file: string, field: string | null, problem: string, hint: string, cause?: unknown) {
    super(field === null ? `${file}: ${problem}` : `${file}: ${field}: ${problem}`, {
      file,
      field,
      hint,
      cause
    })
  }
}

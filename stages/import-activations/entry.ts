/** A parsed manifest of activations: vectors, their places in files, and their tokens. */
import { StageError } from "../../src/index.ts"

/** Which token of a scene a vector belongs to: see the columns of tokens. */
export interface TokenLabel {
  readonly selection: string | null
  readonly task: string | null
  readonly source: string
  readonly object: number
  readonly token: string
}
export const labelKey = ({ selection, task, source, object, token }: TokenLabel): string => {
  const some = Object.entries({ selection, task }).flatMap(([name, value]) =>
    value === null ? [] : [`, ${name} ${value}`]
  )
  return `${token} (source ${source}, object ${object}${some.join("")})`
}

/** The place of a tap's values. */
export interface Place {
  readonly file: string
  /** the tensor's name in a .safetensors file */
  readonly tensor: string | null
  /** in the tensor's first dimension; null for the entry's */
  readonly row: number | null
}

/** One or more tokens' vectors of an item. */
export interface Entry {
  readonly id: string
  /** where the entry is written, for errors */
  readonly file: string
  readonly field: string
  readonly image: string | null
  /** without duplicates */
  readonly tokens: ReadonlyArray<TokenLabel>
  readonly taps: ReadonlyMap<string, Place>
  /** in the tensors' first dimension; null for whole tensors */
  readonly row: number | null
}

/** A manifest of activations, or a file that it names, is invalid; the error says what, where, and what to do. */
export class ImportError extends StageError {
  override readonly name = "ImportError"
  /** @param field such as `items[3].taps`; null for the file as a whole */
  constructor(file: string, field: string | null, problem: string, hint: string, cause?: unknown) {
    super(field === null ? `${file}: ${problem}` : `${file}: ${field}: ${problem}`, {
      file,
      field,
      hint,
      cause
    })
  }
}

import { StageError } from "../../src/index.ts"

/** A manifest of activations, or a file that it names, is not as it should be: what, where, and what to do. */
export class ImportError extends StageError {
  override readonly name = "ImportError"
  /** `field`: such as `items[3].taps`; null where it is the file as a whole */
  constructor(file: string, field: string | null, problem: string, hint: string, cause?: unknown) {
    super(field === null ? `${file}: ${problem}` : `${file}: ${field}: ${problem}`, {
      file,
      field,
      hint,
      cause
    })
  }
}

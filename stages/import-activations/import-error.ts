/** A manifest of activations, or a file that it names, is not as it should be: what, where, and what to do. */
export class ImportError extends Error {
  override readonly name = "ImportError"
  readonly file: string
  /** such as `items[3].taps`; null where it is the file as a whole */
  readonly field: string | null
  readonly hint: string
  constructor(file: string, field: string | null, problem: string, hint: string, cause?: unknown) {
    super(
      field === null ? `${file}: ${problem}` : `${file}: ${field}: ${problem}`,
      cause === undefined ? undefined : { cause }
    )
    this.file = file
    this.field = field
    this.hint = hint
  }
}

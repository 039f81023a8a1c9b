/** What is wrong with an encoder's files, and what to do. */
export class EncoderError extends Error {
  override readonly name = "EncoderError"
  readonly file: string
  readonly hint: string
  constructor(message: string, file: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.file = file
    this.hint = hint
  }
}

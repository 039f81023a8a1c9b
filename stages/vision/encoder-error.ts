import { StageError } from "../../src/index.ts"

/** A problem with an encoder's files, and what to do about it. */
export class EncoderError extends StageError {
  override readonly name = "EncoderError"
  constructor(message: string, file: string, hint: string, cause?: unknown) {
    super(message, { file, hint, cause })
  }
}

import { StageError } from "../../src/index.ts"

/** What is wrong with an encoder's files, and what to do. */
export class EncoderError extends StageError {
  override readonly name = "EncoderError"
  constructor(message: string, file: string, hint: string, cause?: unknown) {
    super(message, { file, hint, cause })
  }
}

import { StageError } from "../../src/index.ts"

/** What went wrong between here and a hub, and what to do. */
export class HubError extends StageError {
  override readonly name = "HubError"
  constructor(message: string, hint: string, cause?: unknown) {
    super(message, { hint, cause })
  }
}

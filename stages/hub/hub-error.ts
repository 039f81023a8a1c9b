/** What went wrong between here and a hub, and what to do. */
export class HubError extends Error {
  override readonly name = "HubError"
  readonly hint: string
  constructor(message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.hint = hint
  }
}

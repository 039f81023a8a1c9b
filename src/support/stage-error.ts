/** The error that a stage throws to add a hint, and how the engine reads any thrown error. */

/**
 * A stage's own failure. The engine shows `hint` (what to do) and `field` (the parameter, port or column at fault).
 * `file` is the data file at fault.
 */
export class StageError extends Error {
  override readonly name: string = "StageError"
  readonly hint: string | null
  readonly field: string | null
  readonly file: string | null
  constructor(
    message: string,
    where: {
      readonly hint?: string | null
      readonly field?: string | null
      readonly file?: string | null
      readonly cause?: unknown
    } = {}
  ) {
    super(message, where.cause === undefined ? undefined : { cause: where.cause })
    this.hint = where.hint ?? null
    this.field = where.field ?? null
    this.file = where.file ?? null
  }
}

/**
 * What an error says beside its message. It is read by name: a stage in an installed package may throw the StageError
 * of another copy of Probeline, or an error class of its own.
 */
export function stageErrorFields(error: unknown): Pick<StageError, "hint" | "field" | "file"> {
  const text = (name: string) => {
    const value = (error as Readonly<Record<string, unknown>> | null | undefined)?.[name]
    return typeof value === "string" ? value : null
  }
  return { hint: text("hint"), field: text("field"), file: text("file") }
}

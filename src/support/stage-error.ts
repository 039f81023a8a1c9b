/** The error that a stage throws to add a hint, and how the engine reads any thrown error. */

/** An input of a node: its port and, if that takes a list of nodes, the index in the list; without it, all of them. */
export interface InputAt {
  readonly port: string
  readonly index?: number
}

/**
 * A stage's own failure. The engine shows `hint` (what to do) and `field` (the parameter, port or column at fault).
 * `file` is the data file at fault. `inputs` are those at fault: a stage does not know which nodes they are, so the
 * engine adds the nodes' ids to the message.
 */
export class StageError extends Error {
  override readonly name: string = "StageError"
  readonly hint: string | null
  readonly field: string | null
  readonly file: string | null
  readonly inputs: ReadonlyArray<InputAt>
  constructor(
    message: string,
    where: {
      readonly hint?: string | null
      readonly field?: string | null
      readonly file?: string | null
      readonly inputs?: ReadonlyArray<InputAt>
      readonly cause?: unknown
    } = {}
  ) {
    super(message, where.cause === undefined ? undefined : { cause: where.cause })
    this.hint = where.hint ?? null
    this.field = where.field ?? null
    this.file = where.file ?? null
    this.inputs = where.inputs ?? []
  }
}

/**
 * What an error says beside its message. It is read by name: a stage in an installed package may throw the StageError
 * of another copy of Probeline, or an error class of its own.
 */
export function stageErrorFields(error: unknown): Pick<StageError, "hint" | "field" | "file" | "inputs"> {
  const fields = (error ?? {}) as Readonly<Record<string, unknown>>
  const text = (name: string) => {
    const value = fields[name]
    return typeof value === "string" ? value : null
  }
  const inputs: ReadonlyArray<unknown> = Array.isArray(fields["inputs"]) ? fields["inputs"] : []
  return { hint: text("hint"), field: text("field"), file: text("file"), inputs: inputs.filter(isInputAt) }
}

const isInputAt = (value: unknown): value is InputAt =>
  typeof (value as Partial<InputAt> | null | undefined)?.port === "string"

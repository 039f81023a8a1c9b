/** Failures, as text and as JSON: what was wrong, where, and what to do. */
import { isProblem, type Problem } from "../support/problem.ts"
import { systemError } from "../support/system-error.ts"
import { noPaint, type Paint } from "../support/colour.ts"
import { printable } from "../support/plain-text.ts"

export const defectCode = 70

export interface FailureLook {
  readonly paint?: Paint
  /** with stack traces */
  readonly debug?: boolean
}

export function failureText(error: unknown, { paint = noPaint, debug = false }: FailureLook = {}): string {
  const { message, file, line, field, hint } = failureFields(error)
  const lines = [`${paint("red", "error:")} ${printable(message)}`]
  if (file !== null)
    lines.push(`  ${paint("dim", "in")} ${printable(file)}${line === null ? "" : `:${line}`}`)
  if (field !== null && !message.includes(field)) lines.push(`  ${paint("dim", "at")} ${printable(field)}`)
  if (hint !== null) lines.push(`  ${paint("cyan", "hint:")} ${printable(hint)}`)
  if (debug) lines.push(...stacks(error))
  return lines.join("\n")
}

/** What `--json` prints of a failure. */
export const failureJson = (error: unknown): { readonly error: ReturnType<Problem["toJSON"]> } => ({
  error: failureFields(error) as ReturnType<Problem["toJSON"]>
})

export const exitCodeOf = (error: unknown): number => problemOf(error)?.exitCode ?? defectCode

/** Also where it was not foreseen: a module that cannot be loaded for want of file handles, say. */
const problemOf = (error: unknown): Problem | null => (isProblem(error) ? error : systemError(error))

function failureFields(error: unknown) {
  const problem = problemOf(error)
  if (problem !== null) return problem.toJSON()
  const message = error instanceof Error ? error.message : String(error)
  return {
    tag: "Defect",
    message: `Probeline is at fault: ${message === "" ? "unknown" : message}`,
    file: null,
    line: null,
    field: null,
    hint: "please report it, with what the command prints under --debug"
  }
}

function stacks(error: unknown): ReadonlyArray<string> {
  if (!(error instanceof Error)) return []
  const own = (error.stack ?? String(error)).split("\n").map((line) => `  ${printable(line)}`)
  return error.cause === undefined ? own : [...own, "  caused by:", ...stacks(error.cause)]
}

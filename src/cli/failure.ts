/** Failures as text and as JSON: what went wrong, where, and what to do. */
import { isProblem, type Problem } from "../support/problem.ts"
import { sourceStack } from "../support/source-place.ts"
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
  const { message, file, line, column, field, hint } = failureFields(error)
  const lines = [`${paint("red", "error:")} ${printable(message)}`]
  const place = [file, line, column].filter((part) => part !== null).join(":")
  // a stage's error already names its place, relative to the pipeline's folder
  const isSaid = column !== null && message.includes(`:${line}:${column})`)
  if (file !== null && !isSaid) lines.push(`  ${paint("dim", "in")} ${printable(place)}`)
  if (field !== null && !message.includes(field)) lines.push(`  ${paint("dim", "at")} ${printable(field)}`)
  if (hint !== null) lines.push(`  ${paint("cyan", "hint:")} ${printable(hint)}`)
  if (debug) lines.push(...stacks(error))
  return lines.join("\n")
}

/** What `--json` prints for a failure. */
export const failureJson = (error: unknown): { readonly error: ReturnType<Problem["toJSON"]> } => ({
  error: failureFields(error) as ReturnType<Problem["toJSON"]>
})

export const exitCodeOf = (error: unknown): number => problemOf(error)?.exitCode ?? defectCode

/** Includes system errors that no code anticipated, such as a module load that fails for lack of file handles. */
const problemOf = (error: unknown): Problem | null => (isProblem(error) ? error : systemError(error))

function failureFields(error: unknown) {
  const problem = problemOf(error)
  if (problem !== null) return problem.toJSON()
  const message = error instanceof Error ? error.message : String(error)
  return {
    tag: "Defect",
    message: `internal error: ${message === "" ? "unknown" : message}`,
    file: null,
    line: null,
    column: null,
    field: null,
    hint: "this is a bug in Probeline: please report it, with the output of --debug"
  }
}

/** Refers to lines of the user's source if the user's code threw. */
function stacks(error: unknown): ReadonlyArray<string> {
  if (!(error instanceof Error)) return []
  const stack = (isProblem(error) ? error.sourceStack : null) ?? sourceStack(error)
  return stack.split("\n").map((line) => `  ${printable(line)}`)
}

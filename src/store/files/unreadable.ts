/** Reads of files that may be missing or damaged without harm. */
import { isProblem } from "../../support/problem.ts"

/**
 * Null if a file is missing, damaged or not readable: its content is then found out in another way. Any other error is
 * a defect, and is thrown.
 */
export function unlessUnreadable<A>(read: () => A | null): A | null {
  try {
    return read()
  } catch (error) {
    const isOfFile =
      isProblem(error) || error instanceof SyntaxError || (error as NodeJS.ErrnoException).code !== undefined
    if (isOfFile) return null
    throw error
  }
}

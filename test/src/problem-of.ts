/** The problem that a call throws, or its promise rejects with; anything else fails the test. */
import { isProblem, type Problem } from "../../src/support/problem.ts"

export async function problemOf(act: () => unknown): Promise<Problem> {
  try {
    await act()
  } catch (error) {
    if (isProblem(error)) return error
    throw error
  }
  throw new Error("there was no problem")
}

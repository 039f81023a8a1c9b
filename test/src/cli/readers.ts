/** The two readers of the command line, over some commands. */
import { expect } from "vitest"
import type { Command } from "../../../src/cli/command.ts"
import { plainWords } from "../../../src/cli/plain-argv.ts"
import { readWords } from "../../../src/cli/argv.ts"
import { yargsWords } from "../../../src/cli/yargs-argv.ts"
import type { Problem } from "../../../src/support/problem.ts"

export function readersOf(commands: ReadonlyArray<Command>) {
  const plain = (line: string) => plainWords(commands, line.split(" "))
  const full = (line: string) => yargsWords(commands, line.split(" "), "1.2.3", 100)
  /** What a command gets, by whichever reads the line. */
  const values = async (line: string) => readWords((plain(line) ?? (await full(line)))!)
  return {
    full,
    values,
    async refused(line: string): Promise<Problem> {
      try {
        await values(line)
      } catch (error) {
        return error as Problem
      }
      throw new Error(`not refused: ${line}`)
    },
    /** Both read the line, and alike. */
    async expectAgreement(line: string): Promise<void> {
      const [first, second] = [plain(line), await full(line)]
      expect(first).not.toBeNull()
      expect(second!.command).toBe(first!.command)
      expect(readWords(second!)).toEqual(readWords(first!))
    }
  }
}

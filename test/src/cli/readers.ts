/** The two readers of the command line, over some commands. */
import { expect } from "vitest"
import type { Command } from "../../../src/cli/command.ts"
import { plainArgv } from "../../../src/cli/plain-argv.ts"
import { readArgv } from "../../../src/cli/argv.ts"
import { yargsArgv } from "../../../src/cli/yargs-argv.ts"
import type { Problem } from "../../../src/support/problem.ts"

export function readersOf(commands: ReadonlyArray<Command>) {
  const plain = (line: string) => plainArgv(commands, line.split(" "))
  const full = (line: string) => yargsArgv(commands, line.split(" "), "1.2.3", 100)
  /** What a command gets, by whichever reads the line. */
  const values = async (line: string) => readArgv((plain(line) ?? (await full(line)))!)
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
      expect(readArgv(second!)).toEqual(readArgv(first!))
    }
  }
}

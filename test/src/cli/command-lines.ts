/** Lines as they are typed, read for some commands. */
import { vi } from "vitest"
import { readArgv } from "../../../src/cli/argv.ts"
import type { Command } from "../../../src/cli/command.ts"
import { printHelp } from "../../../src/cli/help.ts"
import { parseArgv } from "../../../src/cli/parse-argv.ts"
import type { Problem } from "../../../src/support/problem.ts"

function parsedOf(commands: ReadonlyArray<Command>, argv: ReadonlyArray<string>) {
  const words = parseArgv(commands, argv)
  if ("help" in words) throw new Error(`asks for help: ${argv.join(" ")}`)
  return words
}

/** What a command gets. */
export const valuesOf = (commands: ReadonlyArray<Command>, argv: ReadonlyArray<string>) =>
  readArgv(parsedOf(commands, argv))

export function linesOf(commands: ReadonlyArray<Command>) {
  const values = (line: string) => valuesOf(commands, line.split(" "))
  return {
    parsed: (line: string) => parsedOf(commands, line.split(" ")),
    values,
    refused(line: string): Problem {
      try {
        values(line)
      } catch (error) {
        return error as Problem
      }
      throw new Error(`not refused: ${line}`)
    },
    /** What yargs prints. */
    async help(line: string): Promise<string> {
      const words = parseArgv(commands, line.split(" "))
      if (!("help" in words)) throw new Error(`asks for no help: ${line}`)
      const log = vi.spyOn(console, "log").mockImplementation(() => {})
      try {
        await printHelp(commands, words.help, "1.2.3", 100)
        return log.mock.calls.flat().join("\n")
      } finally {
        log.mockRestore()
      }
    }
  }
}

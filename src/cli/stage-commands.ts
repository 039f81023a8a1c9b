/** Adapts the commands of stage packages to this command line. */
import * as path from "node:path"
import * as Effect from "effect/Effect"
import type { StageCommand, StageCommandGroup, WriteFile } from "../pipeline/command.ts"
import { isProblem, Problem } from "../support/problem.ts"
import type { Command, CommandGroup } from "./command.ts"
import { oneLine } from "../support/plain-text.ts"
import { textTable } from "../support/text-table.ts"

export const commandsOf = ({ name, doc, commands }: StageCommandGroup): ReadonlyArray<Command> =>
  commands.map((command) => asCommand(command, { name, doc }))

const asCommand = (command: StageCommand, group: CommandGroup): Command => ({
  ...command,
  name: `${group.name} ${command.name}`,
  group,
  run: (args, { output, json }) =>
    Effect.gen(function* () {
      const answer = yield* Effect.tryPromise({
        try: (signal) =>
          command.run(args, {
            signal,
            log: (message) => output.err(oneLine(message)),
            writeFile
          }),
        catch: (error): Problem => {
          if (isProblem(error)) return error
          throw error
        }
      })
      const { paint, width } = output
      const table = (head: ReadonlyArray<string>, rows: Parameters<typeof textTable>[1]) =>
        textTable(head, rows, { paint, indent: "  " })
      output.out(json ? JSON.stringify(answer.json) : answer.text({ paint, width, table }))
      return answer.exitCode ?? 0
    })
})

const writeFile: WriteFile = async (file, overwrite, write) => {
  const { writeOut } = await import("../inspect/write-out.ts")
  try {
    return await writeOut(file, overwrite, async (out) => write(out))
  } catch (error) {
    // a system error: no folder, no permission, no space
    if (isProblem(error) || (error as NodeJS.ErrnoException).syscall === undefined) throw error
    const { message } = error as Error
    throw new Problem("StoreWriteFailed", `cannot write ${file}: ${message}`, {
      file: path.resolve(file),
      hint: "choose another path",
      cause: error
    })
  }
}

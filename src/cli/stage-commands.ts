/** Commands that packages of stages bring, as commands of this command line. */
import * as Effect from "effect/Effect"
import type { StageCommand, StageCommandGroup } from "../pipeline/command.ts"
import { isProblem, type Problem } from "../pipeline/problem.ts"
import type { Command, CommandGroup } from "./command.ts"
import { oneLine } from "./plain-text.ts"
import { textTable } from "./text-table.ts"

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
            writeFile: async (file, overwrite, write) => {
              const { writeOut } = await import("./write-out.ts")
              return writeOut(file, overwrite, async (out) => write(out))
            }
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

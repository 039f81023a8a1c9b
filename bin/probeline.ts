/** The program: the only place where the orchestrator and the stage packages meet. */
import { readFileSync } from "node:fs"
import { commandLine } from "../src/cli/command-line.ts"
import { ownCommands } from "../src/cli/commands.ts"
import { commandsOf } from "../src/cli/stage-commands.ts"
import * as stages from "../stages/package.ts"

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly version: string
}
const code = await commandLine(process.argv.slice(2), {
  commands: [...ownCommands, ...stages.commands.flatMap(commandsOf)],
  version,
  fetchers: stages.fetchers,
  worker: new URL("./worker.js", import.meta.url)
})
// a stage may have left a timer or a session behind
process.exit(code)

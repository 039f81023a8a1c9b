/** The binary: the one place where the orchestrator and the stages' own commands meet. */
import { readFileSync } from "node:fs"
import { encoders } from "../stages/vision/commands/encoders.ts"
import type { HubModel } from "../stages/vision/hub/reference.ts"
import { commandLine } from "./cli/command-line.ts"
import { commands } from "./cli/commands.ts"
import { commandsOf } from "./cli/stage-commands.ts"

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly version: string
}
const code = await commandLine(process.argv.slice(2), {
  commands: [...commands, ...commandsOf(encoders)],
  version,
  bringers: {
    hub: async (request, context) =>
      (await import("../stages/vision/hub/fetch-model.ts")).fetchModel(request as HubModel, context)
  },
  worker: new URL("./worker.js", import.meta.url)
})
// a stage may have left a timer or a session behind
process.exit(code)

/** The binary. */
import { readFileSync } from "node:fs"
import { commandLine } from "./cli/command-line.ts"
import { commands } from "./cli/commands.ts"

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly version: string
}
const code = await commandLine(process.argv.slice(2), {
  commands,
  version,
  worker: new URL("./worker.js", import.meta.url)
})
// what was written first, then the end: a stage may have left a timer or a session behind
process.stdout.write("", () => process.exit(code))

/** Runs commands on the store of a lab, and gives what they print. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { Command } from "../../../src/cli/command.ts"
import { memoryOutput } from "../../../src/cli/output.ts"
import { coarse, Lab, numbers } from "../run/lab.ts"
import { valuesOf } from "./command-lines.ts"

/** A store in which two runs lie, of which the second has other values. */
export async function labOfTwoRuns(): Promise<Lab> {
  const lab = new Lab()
  for (const step of [2, 3]) {
    const source = numbers("source", { file: { path: lab.writeItems({ i0: [7, 1], i1: [9, step] }) } })
    await lab.run(lab.graph({ halves: coarse("halves", { of: source, step }) }))
  }
  return lab
}

/** As typed after `probeline`, on the lab's store. */
export async function typed(lab: Lab, command: Command, line: string) {
  const output = memoryOutput()
  const { args, globals } = valuesOf([command], line.split(" "))
  const code = await Effect.runPromise(
    command.run(args, {
      output,
      json: globals.json,
      debug: false,
      store: join(lab.folder, "store"),
      version: "test",
      worker: new URL("file:///worker.js"),
      now: () => new Date()
    })
  )
  return {
    code,
    text: output.stdout(),
    err: output.stderr(),
    json: globals.json ? (JSON.parse(output.stdout()) as any) : null // a document of any shape
  }
}

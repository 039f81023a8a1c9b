/** A damaged trace of items is as good as absent: its items are computed again, and never taken for others. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import type { ItemTrace } from "../../../../src/store/records/item-trace.ts"
import { nodeFileSystem } from "../../../../src/store/files/file-system.ts"
import { makeStore } from "../../../../src/store/store.ts"
import { artifactsOf, crashGraph, Lab } from "../../run/lab.ts"

let lab: Lab
beforeEach(() => {
  lab = new Lab()
})
afterEach(() => lab.close())
const root = () => join(lab.folder, "store")
const traceFiles = () =>
  readdirSync(join(root(), "traces", "coarse", "items"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
const believed = (file: string) => {
  const { stage, shared } = JSON.parse(readFileSync(file, "utf8")) as ItemTrace
  return makeStore(root(), nodeFileSystem()).itemTraces(stage, shared)
}

it("is not believed with any digit of it changed, though it is JSON as before", async () => {
  await lab.run(crashGraph(lab))
  const [file] = traceFiles()
  const whole = readFileSync(file!)
  const all = await believed(file!)
  for (const [i, byte] of whole.entries()) {
    if (byte < 0x30 || byte > 0x39 || i % 7 > 0) continue
    const bytes = Uint8Array.from(whole)
    bytes[i]! ^= 1
    writeFileSync(file!, bytes)
    const left = await makeStore(root(), nodeFileSystem()).itemTraces(
      "coarse",
      dirname(file!).split("/").at(-1)!
    )
    expect(left, `byte ${i}`).toHaveLength(all.length - 1)
  }
})

it("whose keys are those of other items costs their computation, and makes no wrong artifact", async () => {
  const graph = crashGraph(lab)
  const { run } = await lab.run(graph)
  for (const file of traceFiles()) {
    const trace = JSON.parse(readFileSync(file, "utf8")) as ItemTrace
    writeFileSync(file, `${JSON.stringify({ ...trace, keys: trace.keys.toReversed() })}\n`)
  }
  // the node's own trace would answer without a look at items
  const again = await lab.run(graph, {
    files: (files) => ({
      ...files,
      list: (folder) => (/traces\/coarse\/[0-9a-f]{2}\//.test(folder) ? [] : files.list(folder))
    })
  })
  expect(artifactsOf(again.run)).toEqual(artifactsOf(run))
})

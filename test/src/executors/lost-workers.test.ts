/** Worker processes that are lost between tasks, or never start: no item is blamed for it, and no run hangs or breaks. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import * as Effect from "effect/Effect"
import { afterEach, beforeEach, expect, it } from "vitest"
import { workerProcesses } from "../../../src/executors/worker-processes.ts"
import { column, defineStage, each, one } from "../../../src/index.ts"
import type { AnyStage, Stage } from "../../../src/pipeline/stage.ts"
import type { Executor, Task } from "../../../src/run/task.ts"
import { Lab, type LabOptions, numbers } from "../run/lab.ts"
import { alive, until } from "./processes.ts"

const dist = new URL("../../../dist/", import.meta.url)
/** A module as a user's bundle would be: plain JavaScript that a worker imports by address. */
const stages = `
import { appendFileSync } from "node:fs"
import { column, defineStage, each, one } from ${JSON.stringify(new URL("index.js", dist).href)}
const itemwise = (name, compute) =>
  defineStage.itemwise(name, {
    inputs: { of: each({ a: column.float64() }) },
    output: one({ pid: column.int32(), a: column.float64() }),
    isolate: true,
    chunk: 1,
    compute
  })
const copied = (items) => items.map(({ of }) => ({ pid: process.pid, a: of.a }))
export const apart = itemwise("apart", copied)
// the worker has its own hold of \`process.send\`, which calls this
const send = process._send
/** Its worker dies so many ms after it has answered; at 0 with the answer just written. */
export const dying = itemwise("dying", (items) => {
  const ms = Number(process.env.PROBELINE_TEST_MS)
  process._send = (message, ...rest) => {
    const sent = send.call(process, message, ...rest)
    const die = () => process.kill(process.pid, "SIGKILL")
    if (message.said?.type === "result") ms === 0 ? die() : setTimeout(die, ms)
    return sent
  }
  return copied(items)
})
/** Its worker closes the channel and does not end. */
export const deaf = itemwise("deaf", async () => {
  process.removeAllListeners("disconnect")
  process.disconnect()
  await new Promise((resolve) => setTimeout(resolve, 1))
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
})
export const deadly = itemwise("deadly", (items) => {
  appendFileSync(process.env.PROBELINE_TEST_MARK, process.pid + "\\n")
  if (items.some(({ of }) => of.a === 3)) process.kill(process.pid, "SIGKILL")
  return copied(items)
})
`
let lab: Lab
let mark: string
let module: Record<string, Stage<never, never, never, never>>
let url: string
const { execPath } = process
beforeEach(async () => {
  lab = new Lab()
  const file = join(lab.folder, "stages.mjs")
  writeFileSync(file, stages)
  url = pathToFileURL(file).href
  module = (await import(url)) as typeof module
  mark = join(lab.folder, "mark")
  writeFileSync(mark, "")
  process.env["PROBELINE_TEST_MARK"] = mark
})
afterEach(() => {
  process.execPath = execPath
  delete process.env["PROBELINE_TEST_MARK"]
  delete process.env["PROBELINE_TEST_MS"]
  lab.close()
})

const addressOf = (stage: AnyStage) => {
  const found = Object.entries(module).find(([, one]) => one.stage === stage)
  return found === undefined ? null : { url, module: null, export: found[0] }
}
const realEntry = new URL("worker.js", dist)
const source = (count: number) => {
  const items = Object.fromEntries(Array.from({ length: count }, (_, i) => [`i${i}`, [i, 0] as const]))
  return numbers("source", { file: { path: lab.writeItems(items) } })
}
type Call = (id: string, args: object) => ReturnType<typeof source>
const isolated = (name: string) => module[name] as unknown as Call
const run = (node: ReturnType<typeof source>, options: LabOptions = {}, entry = realEntry) =>
  lab.run(lab.graph({ node }), { workers: { entry, addressOf }, jobs: 1, ...options })
const marks = () => readFileSync(mark, "utf8").trim().split("\n")

/** A worker's entry that runs `code` before it is one. */
const entryWith = (code: string) => {
  const file = join(lab.folder, "entry.mjs")
  writeFileSync(
    file,
    `import { appendFileSync, readFileSync } from "node:fs"
     const mark = process.env.PROBELINE_TEST_MARK
     appendFileSync(mark, process.pid + "\\n")
     ${code}
     await import(${JSON.stringify(realEntry.href)})`
  )
  return pathToFileURL(file)
}

it.each(["long before", "just before"])(
  "a worker that dies idle %s the next task is replaced",
  async (when) => {
    const kills = defineStage.itemwise("kills", {
      inputs: { of: each({ pid: column.int32(), a: column.float64() }) },
      output: one({ a: column.float64() }),
      compute: async (items) => {
        const { pid } = items[0]!.of
        process.kill(pid, "SIGKILL")
        if (when === "long before") await until(() => !alive(pid))
        return items.map(({ of }) => ({ a: of.a + 100 }))
      }
    })
    const first = isolated("apart")("first", { of: source(2) })
    const { run: record } = await run(
      isolated("apart")("last", { of: kills("kills", { of: first as never }) })
    )
    expect(record.nodes.map(({ id, status }) => [id, status])).toEqual(
      ["source", "first", "kills", "last"].map((id) => [id, "executed"])
    )
    expect(record.nodes.at(-1)).toMatchObject({ items: { total: 2, executed: 2, failed: 0 } })
  }
)

it.each([0, 1, 5, 20])("a worker that dies %i ms after its answer costs no item", async (ms) => {
  process.env["PROBELINE_TEST_MS"] = String(ms)
  const { run: record } = await run(isolated("dying")("node", { of: source(3) }))
  expect(record.nodes[1]).toMatchObject({
    status: "executed",
    items: { total: 3, executed: 3, failed: 0 },
    failures: []
  })
})

it("an item is blamed for its worker's death only if the worker was new", async () => {
  // each chunk ends after one item
  const executor = (usual: Executor): Executor => ({ ...usual, chunkMs: 0 })
  const { run: record } = await run(isolated("deadly")("node", { of: source(5) }), { executor })
  expect(record.nodes[1]).toMatchObject({ items: { executed: 4, failed: 1 }, failures: [{ item: "i3" }] })
  // i0 to i3 in the first, i3 again in the second, i4 in the third
  const pids = marks()
  expect(pids).toHaveLength(6)
  expect(new Set(pids).size).toBe(3)
})

it("a worker that has closed its channel and does not end is killed", async () => {
  const { run: record } = await run(isolated("deaf")("node", { of: source(1) }))
  expect(record.nodes[1]).toMatchObject({ items: { failed: 1 }, failures: [{ item: "i0" }] })
})

it("a worker that dies before it begins is replaced once, and no item is blamed", async () => {
  const entry = entryWith(`if (readFileSync(mark, "utf8").trim().split("\\n").length === 1) process.exit(7)`)
  const { run: record } = await run(isolated("apart")("node", { of: source(2) }), {}, entry)
  expect(record.nodes[1]).toMatchObject({ status: "executed", items: { executed: 2, failed: 0 } })
  expect(marks()).toHaveLength(2)
})

it("workers that die before they begin, again and again, end the run with a problem and not its items", async () => {
  const failing = run(isolated("apart")("node", { of: source(8) }), {}, entryWith("process.exit(7)"))
  await expect(failing).rejects.toMatchObject({
    _tag: "WorkerNotStarted",
    message:
      'no worker process for stage "apart" (node "node") could start: 2 in a row ended, the last with exit code 7',
    field: "node"
  })
  expect(marks()).toHaveLength(2)
})

it.each([
  ["the system refuses", "/nonexistent/node", "ENOENT"],
  ["Node refuses", "", "cannot be empty"]
])("a worker process that %s is a problem, told at once", async (_name, path, reason) => {
  process.execPath = path
  await expect(run(isolated("apart")("node", { of: source(8) }), { jobs: 2 })).rejects.toMatchObject({
    _tag: "WorkerNotStarted",
    message: expect.stringMatching(
      `^cannot start a worker process .*stage "apart" \\(node "node"\\).*${reason}`
    ) as string,
    hint: expect.stringContaining("-j") as string
  })
})

it("a task that cannot be sent is a defect, not its worker's death", async () => {
  const options = { entry: realEntry, store: join(lab.folder, "store"), onOutput: () => {} }
  const { stage } = isolated("apart") as unknown as { readonly stage: AnyStage }
  const task = { node: "node", stage, address: addressOf(stage), params: { no: () => 1 }, items: ["i0"] }
  const executing = Effect.scoped(
    Effect.flatMap(workerProcesses(options), (executor) =>
      executor.execute(task as unknown as Task, { log: () => {}, progress: () => {} })
    )
  )
  await expect(Effect.runPromise(executing)).rejects.toThrow("() => 1 could not be cloned")
  // and the worker, which has not got it, answers the next
  const lost = {
    ...task,
    params: {},
    address: { url: pathToFileURL(mark).href, module: null, export: "none" }
  }
  const two = Effect.scoped(
    Effect.gen(function* () {
      const executor = yield* workerProcesses(options)
      const ask = (one: object) => executor.execute(one as Task, { log: () => {}, progress: () => {} })
      return [yield* Effect.exit(ask(task)), yield* Effect.exit(ask(lost))]
    })
  )
  expect(String((await Effect.runPromise(two))[1])).toContain("reading 'stage'")
})

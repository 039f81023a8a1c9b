/** Worker processes, as real processes: a stage that kills its worker, one that throws, one that never ends. */
import { fork } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { afterEach, beforeEach, expect, it } from "vitest"
import type { AnyStage, Stage } from "../../../src/pipeline/stage.ts"
import { nodeFileSystem } from "../../../src/store/files/file-system.ts"
import { artifactObjects } from "../../../src/store/items/read-artifact.ts"
import { makeStore } from "../../../src/store/store.ts"
import { Lab, numbers } from "../run/lab.ts"
import { alive, until } from "./processes.ts"

const dist = new URL("../../../dist/", import.meta.url)
/** A module as a user's bundle would be: plain JavaScript that a worker imports by address. */
const stages = `
import { writeFileSync } from "node:fs"
import { column, defineStage, each, one, table } from ${JSON.stringify(new URL("index.js", dist).href)}
const itemwise = (name, compute, more = {}) =>
  defineStage.itemwise(name, {
    inputs: { of: each({ a: column.float64() }) },
    output: one({ pid: column.int32(), a: column.float64() }),
    isolate: true,
    chunk: 4,
    compute,
    ...more
  })
export const apart = itemwise("apart", (items) => items.map(({ of }) => ({ pid: process.pid, a: of.a })))
export const tf32 = itemwise("tf32", (items) =>
  items.map(() => ({ pid: process.pid, a: Number(process.env.NVIDIA_TF32_OVERRIDE) })))
export const deadly = itemwise("deadly", (items) => {
  if (items.some(({ of }) => of.a === 3)) process.kill(process.pid, "SIGKILL")
  return items.map(({ of }) => ({ pid: process.pid, a: of.a }))
})
export const hangs = itemwise(
  "hangs",
  (items) => {
    if (items.some(({ of }) => of.a === 3)) for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
    return items.map(({ of }) => ({ pid: process.pid, a: of.a }))
  },
  { itemSeconds: 0.25 }
)
export const greedy = itemwise("greedy", (items) => {
  if (items.some(({ of }) => of.a === 3)) {
    const hoard = []
    for (;;) hoard.push(new Array(1e6).fill({}))
  }
  return items.map(({ of }) => ({ pid: process.pid, a: of.a }))
})
export const throws = itemwise("throws", (items) => {
  if (items.some(({ of }) => of.a === 3)) throw new Error("three is too many")
  return items.map(({ of }) => ({ pid: process.pid, a: of.a }))
})
const send = process.send
export const chatty = itemwise("chatty", (items, _given, context) => {
  process.send = send
  for (const message of [{ type: "result", result: 7 }, { type: "defect", message: "no", stack: "" }, "ready", null])
    process.send(message)
  process.send({ token: undefined, said: { type: "result", result: 7 } })
  process.send = () => { throw new Error("not for the worker") }
  context.log("said")
  return items.map(({ of }) => ({ pid: process.pid, a: of.a }))
})
export const lonely = defineStage.whole("lonely", {
  inputs: {},
  output: table({ a: column.float64() }),
  compute: () => {
    writeFileSync(process.env.PROBELINE_TEST_MARK, String(process.pid))
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
  }
})
export const endless = itemwise("endless", async (items, _given, context) => {
  writeFileSync(process.env.PROBELINE_TEST_MARK, String(process.pid))
  context.log("here for good")
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
})
`
let lab: Lab
let module: Record<string, Stage<never, never, never, never>>
let url: string
beforeEach(async () => {
  lab = new Lab()
  const file = join(lab.folder, "stages.mjs")
  writeFileSync(file, stages)
  url = pathToFileURL(file).href
  module = (await import(url)) as typeof module
})
afterEach(() => lab.close())

const addressOf = (stage: AnyStage) => {
  const found = Object.entries(module).find(([, one]) => one.stage === stage)
  return found === undefined ? null : { url, module: null, export: found[0] }
}
const workers = { entry: new URL("worker.js", dist), addressOf }
const graphOf = (name: string) => {
  const items = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`i${i}`, [i, 0] as const]))
  const source = numbers("source", { file: { path: lab.writeItems(items) } })
  const node = (module[name] as unknown as (id: string, args: object) => typeof source)("node", {
    of: source
  })
  return lab.graph({ node })
}

it("runs stages that ask for it in other processes, as many as there are jobs", async () => {
  const { run } = await lab.run(graphOf("apart"), { workers, jobs: 2 })
  expect(run.nodes[1]).toMatchObject({ status: "executed", items: { total: 10, executed: 10, failed: 0 } })
  const here = await lab.run(graphOf("apart"), { workers, jobs: 2 })
  expect(here.run.nodes[1]!.status).toBe("cached")
})

it("workers have TF32 off, whatever their parent has: it would cost float32 products 13 of their 23 bits", async () => {
  process.env["NVIDIA_TF32_OVERRIDE"] = "1"
  try {
    const { run } = await lab.run(graphOf("tf32"), { workers, jobs: 1 })
    const store = makeStore(join(lab.folder, "store"), nodeFileSystem())
    const manifest = await store.manifest(run.nodes[1]!.artifact!)
    const rows = await artifactObjects(store, manifest!)
    expect(new Set(rows.map(({ a }) => a))).toEqual(new Set([0]))
  } finally {
    delete process.env["NVIDIA_TF32_OVERRIDE"]
  }
})

it("messages that a stage sends over the worker's channel are not taken for the worker's, and the log names one", async () => {
  const said: Array<string> = []
  const onOutput = (node: string | null, line: string) => void said.push(`${node}: ${line}`)
  const { run, events } = await lab.run(graphOf("chatty"), { workers, jobs: 1, onOutput })
  expect(run.nodes[1]).toMatchObject({ status: "executed", items: { total: 10, executed: 10, failed: 0 } })
  expect(said).toEqual([
    "node: ignoring messages that a stage sends with process.send; the first: { type: 'result', result: 7 }"
  ])
  expect(events.filter(({ type }) => type === "node-log")).toHaveLength(3)
})

it("a worker that is killed costs its chunk alone: the item that does it is found, and the others are kept", async () => {
  const { run, events } = await lab.run(graphOf("deadly"), { workers, jobs: 2 })
  expect(run.nodes[1]).toMatchObject({
    status: "failed",
    items: { total: 10, executed: 9, failed: 1 },
    failures: [{ item: "i3" }]
  })
  expect(run.nodes[1]!.failures[0]!.error).toContain("died by SIGKILL")
  expect(events.filter(({ type }) => type === "item-failed")).toHaveLength(1)
})

it("a worker that hangs past its time limit is killed, and the item that does it is found", async () => {
  const { run } = await lab.run(graphOf("hangs"), { workers, jobs: 2 })
  expect(run.nodes[1]).toMatchObject({ items: { executed: 9, failed: 1 }, failures: [{ item: "i3" }] })
  expect(run.nodes[1]!.failures[0]!.error).toContain("took more than 0.25 s")
})

it("a worker that runs out of memory costs its item alone", async () => {
  process.env["NODE_OPTIONS"] = "--max-old-space-size=64"
  try {
    const { run } = await lab.run(graphOf("greedy"), { workers, jobs: 1 })
    expect(run.nodes[1]).toMatchObject({ items: { executed: 9, failed: 1 }, failures: [{ item: "i3" }] })
  } finally {
    delete process.env["NODE_OPTIONS"]
  }
})

it("a throw crosses the channel with its message", async () => {
  const { run } = await lab.run(graphOf("throws"), { workers, jobs: 1 })
  expect(run.nodes[1]!.failures).toEqual([{ item: "i3", error: "three is too many" }])
})

it("interrupting a run kills the workers, though they never yield", async () => {
  const mark = join(lab.folder, "mark")
  process.env["PROBELINE_TEST_MARK"] = mark
  const controller = new AbortController()
  const running = lab.run(graphOf("endless"), { workers, jobs: 1, signal: controller.signal })
  const settled = running.then(
    () => "ended",
    () => "interrupted"
  )
  await until(() => existsSync(mark) && readFileSync(mark, "utf8") !== "")
  const pid = Number(readFileSync(mark, "utf8"))
  controller.abort()
  expect(await settled).toBe("interrupted")
  await until(() => !alive(pid))
})

it("the parent's death takes its workers with it, though they never yield", async () => {
  const mark = join(lab.folder, "mark")
  const parent = join(lab.folder, "parent.mjs")
  writeFileSync(
    parent,
    `import { fork } from "node:child_process"
     const worker = fork(${JSON.stringify(fileURLToPath(new URL("worker.js", dist)))}, [${JSON.stringify(lab.folder)}], {
       serialization: "advanced", detached: true, env: { ...process.env, PROBELINE_TEST_MARK: ${JSON.stringify(mark)} }
     })
     worker.send({ type: "task", task: {
       node: "n", stage: { url: ${JSON.stringify(url)}, module: null, export: "lonely" }, params: {}, ports: {},
       form: "table", columns: { a: { type: "float64" } }, label: null, items: null, base: "/"
     } })`
  )
  const child = fork(parent, [], { stdio: "ignore" })
  await until(() => existsSync(mark) && readFileSync(mark, "utf8") !== "")
  const pid = Number(readFileSync(mark, "utf8"))
  child.kill("SIGKILL")
  await until(() => !alive(pid))
})

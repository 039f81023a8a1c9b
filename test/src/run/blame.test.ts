/** What the machine did is told this time and tried again by the next run; what an item did is kept. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { column, defineStage, each, failed, one, table, whole } from "../../../src/index.ts"
import { Problem } from "../../../src/support/problem.ts"
import type { AnyStage, Stage } from "../../../src/pipeline/stage.ts"
import { machineFault } from "../../../src/support/system-error.ts"
import { Lab, numbers } from "./lab.ts"

let lab: Lab
beforeEach(() => {
  lab = new Lab()
})
afterEach(() => lab.close())

const coded = (code: string, more: object = {}) =>
  Object.assign(new Error(`${code}: something, open '/x'`), { code, path: "/x", syscall: "open", ...more })
const moduleGone = Object.assign(new Error("Cannot find package 'sharp' imported from /x.mjs"), {
  code: "ERR_MODULE_NOT_FOUND"
})
const machines: ReadonlyArray<readonly [string, () => unknown]> = [
  ...["ENOMEM", "EMFILE", "ENFILE", "EAGAIN", "ENOSPC", "EDQUOT", "EIO", "ESTALE", "EPIPE", "ENOTCONN"].map(
    (code) => [code, () => coded(code)] as const
  ),
  ["a typed array that does not fit", () => new RangeError("Array buffer allocation failed")],
  ["native memory", () => new Error("std::bad_alloc")],
  [
    "onnxruntime's arena",
    () => new Error("bfc_arena.cc:376 Failed to allocate memory for requested buffer of size 9")
  ],
  ["a GPU's memory", () => new Error("CUDA failure 2: out of memory ; GPU=0")],
  ["wasm's memory", () => new RangeError("WebAssembly.Memory(): could not allocate memory")],
  ["libvips", () => new Error("vips_tracked: out of memory --- size == 48MB")],
  ["the working folder", () => coded("ENOENT", { syscall: "uv_cwd", path: undefined })],
  ["a package's file", () => coded("ENOENT", { path: "/p/node_modules/sharp/lib/x.node" })],
  ["a package", () => moduleGone],
  ["a cause", () => new Error("the image cannot be decoded", { cause: coded("EMFILE") })],
  ["one of several", () => new AggregateError([new Error("x"), coded("ENOMEM")], "all failed")]
]
const items: ReadonlyArray<readonly [string, () => unknown]> = [
  ["its own words", () => new Error("no")],
  ["a file of its own that is not there", () => coded("ENOENT", { path: "/images/1.png" })],
  ["a wrong length", () => new RangeError("Invalid typed array length: -1")],
  ["EISDIR", () => coded("EISDIR")],
  ["no error", () => "memory of an elephant"]
]

/** Throws for i1 once, and counts who was tried. */
function failing(fail: () => unknown) {
  const tried: Array<string> = []
  let times = 1
  const stage = defineStage.itemwise("stage", {
    inputs: { of: each({ a: column.float64() }) },
    output: one({ a: column.float64() }),
    compute: (some) => {
      tried.push(...some.map(({ id }) => id))
      if (some.some(({ id }) => id === "i1") && times > 0) {
        if (some.length === 1) times--
        const error = fail()
        if (typeof error === "string") return some.map(() => failed(error))
        throw error as Error
      }
      return some.map(({ of }) => ({ a: of.a }))
    }
  })
  const node = stage("node", {
    of: numbers("source", { file: { path: lab.writeItems({ i0: [1, 2], i1: [3, 4] }) } })
  })
  return { graph: lab.graph({ node }), tried }
}
const last = async (graph: ReturnType<Lab["graph"]>) => (await lab.run(graph)).run.nodes.at(-1)!

describe("an item that meets what the machine did", () => {
  it.each(machines)("fails this time, and not the next: %s", async (_name, error) => {
    const { graph, tried } = failing(error)
    const first = await last(graph)
    expect(first).toMatchObject({ status: "failed", key: null, failures: [{ item: "i1" }] })
    expect(first.failures[0]!.error).toContain(machineFault(error())!.what)
    tried.length = 0
    expect(await last(graph)).toMatchObject({ status: "executed", failures: [] })
    expect(tried).toEqual(["i1"])
  })
  it.each([
    "ENOSPC: no space left on device, write",
    "x.png: Cannot allocate memory",
    "x.png: Input/output error"
  ])("the same, where the stage has put it into words of its own: %s", async (text) => {
    const stage = (fails: boolean) =>
      defineStage.itemwise("stage", {
        inputs: { of: each({ a: column.float64() }) },
        output: one({ a: column.float64() }),
        compute: (some) => some.map(({ of }) => (fails ? failed(text) : { a: of.a }))
      })("node", { of: numbers("source", { file: { path: lab.writeItems({ i0: [1, 2] }) } }) })
    expect(await last(lab.graph({ node: stage(true) }))).toMatchObject({ status: "failed", key: null })
    expect(await last(lab.graph({ node: stage(false) }))).toMatchObject({ status: "executed" })
  })
})

it.each(items)("an item's own failure is kept: %s", async (_name, error) => {
  const { graph, tried } = failing(error)
  const first = await last(graph)
  expect(first.status).toBe("failed")
  expect(first.key).not.toBeNull()
  tried.length = 0
  expect((await last(graph)).status).toBe("failed")
  expect(tried).toEqual([])
})

describe("a node that meets it as a whole", () => {
  const wholeStage = (fail: (() => void) | null) =>
    defineStage.whole("sums", {
      inputs: { of: whole({ a: column.float64() }) },
      output: table({ a: column.float64() }),
      compute: async () => {
        fail?.()
        return [{ a: 1 }]
      }
    })("node", { of: numbers("source", { file: { path: lab.writeItems({ i0: [1, 2] }) } }) })
  const opening = (fail: (() => void) | null) =>
    defineStage.itemwise("opens", {
      inputs: { of: each({ a: column.float64() }) },
      output: one({ a: column.float64() }),
      open: () => fail?.(),
      compute: (some) => some.map(({ of }) => ({ a: of.a }))
    })("node", { of: numbers("source", { file: { path: lab.writeItems({ i0: [1, 2] }) } }) })
  const thrower = (error: unknown) => () => {
    throw error as Error
  }
  it.each([
    ["a whole stage", wholeStage],
    ["a stage that opens something", opening]
  ])("%s: it fails with a hint, and is tried again", async (_name, stage) => {
    for (const [, error] of machines) {
      const node = await last(lab.graph({ node: stage(thrower(error())) as never }))
      expect(node).toMatchObject({ status: "failed", key: null, artifact: null })
      expect(node.hint).toContain("not kept")
    }
    expect(await last(lab.graph({ node: stage(null) as never }))).toMatchObject({ status: "executed" })
  })
  it("its own failure is kept", async () => {
    expect(await last(lab.graph({ node: wholeStage(thrower(new Error("no"))) as never }))).toMatchObject({
      status: "failed"
    })
    expect(await last(lab.graph({ node: wholeStage(null) as never }))).toMatchObject({ status: "failed" })
  })
})

describe("a worker process that is lost over an item", () => {
  const dist = new URL("../../../dist/", import.meta.url)
  const code = `
import { existsSync, writeFileSync } from "node:fs"
import { column, defineStage, each, one } from ${JSON.stringify(new URL("index.js", dist).href)}
const [mark, how] = [process.env.PROBELINE_TEST_MARK, process.env.PROBELINE_TEST_HOW]
async function die() {
  if (how.startsWith("SIG")) process.kill(process.pid, how)
  else if (how.startsWith("exit ")) process.exit(Number(how.slice(5)))
  else if (how === "heap") {
    for (const kept = []; ;) kept.push(new Array(4_000_000).fill(kept.length))
  } else {
    process.stderr.write(how + "\\n")
    process.abort()
  }
  await new Promise(() => {})
}
export const deadly = defineStage.itemwise("deadly", {
  inputs: { of: each({ a: column.float64() }) },
  output: one({ a: column.float64() }),
  isolate: true,
  compute: async (items) => {
    if (items.some(({ id }) => id === "i1") && !existsSync(mark)) await die()
    return items.map(({ of }) => ({ a: of.a }))
  }
})
`
  afterEach(() => {
    delete process.env["PROBELINE_TEST_MARK"]
    delete process.env["PROBELINE_TEST_HOW"]
    delete process.env["NODE_OPTIONS"]
  })
  const run = async (how: string) => {
    const [file, mark] = [join(lab.folder, "stages.mjs"), join(lab.folder, "mark")]
    writeFileSync(file, code)
    Object.assign(process.env, { PROBELINE_TEST_MARK: mark, PROBELINE_TEST_HOW: how })
    if (how === "heap") process.env["NODE_OPTIONS"] = "--max-old-space-size=80"
    const url = pathToFileURL(file).href
    const { deadly } = (await import(url)) as { deadly: Stage<never, never, never, never> }
    const call = deadly as unknown as (id: string, args: object) => ReturnType<typeof numbers>
    const source = numbers("source", {
      file: { path: lab.writeItems({ i0: [1, 2], i1: [3, 4], i2: [5, 6] }) }
    })
    const graph = lab.graph({ node: call("node", { of: source }) })
    const addressOf = (stage: AnyStage) =>
      stage === (deadly as unknown as { readonly stage: AnyStage }).stage
        ? { url, module: null, export: "deadly" }
        : null
    const workers = { entry: new URL("worker.js", dist), addressOf }
    const one = async () => (await lab.run(graph, { workers, jobs: 1 })).run.nodes.at(-1)!
    const first = await one()
    writeFileSync(mark, "")
    return { first, second: await one() }
  }
  it.each(["SIGKILL", "SIGXCPU", "heap", "terminate called: std::bad_alloc"])(
    "by the machine (%s): the item is named, and tried again",
    async (how) => {
      const { first, second } = await run(how)
      expect(first).toMatchObject({ status: "failed", key: null, failures: [{ item: "i1" }] })
      expect(first.failures[0]!.error).toMatch(/next run retries|memory/)
      expect(second).toMatchObject({ status: "executed", items: { executed: 1, cached: 2 }, failures: [] })
    }
  )
  it.each(["SIGSEGV", "SIGBUS", "exit 7", "assertion failed"])(
    "by a crash (%s): the item's failure is kept",
    async (how) => {
      const { first, second } = await run(how)
      expect(first).toMatchObject({ status: "failed", failures: [{ item: "i1" }] })
      expect(second).toMatchObject({ status: "failed", failures: [{ item: "i1" }], items: { executed: 0 } })
    }
  )
})

it("a problem of the store's is none of a stage's words", () => {
  expect(machineFault(new Problem("OutputInvalid", "no"))).toBeNull()
  expect(machineFault(null)).toBeNull()
  expect(machineFault(undefined)).toBeNull()
})

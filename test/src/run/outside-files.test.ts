/** Files that are edited between being sampled and being read: a failure of the outside, which no run remembers. */
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { column, defineStage, each, failed, one, param, table, whole } from "../../../src/index.ts"
import type { Graph } from "../../../src/pipeline/graph.ts"
import type { AnyRef, AnyStage } from "../../../src/pipeline/stage.ts"
import { Lab, type LabOptions } from "./lab.ts"

const photo = { photo: column.file() }
const length = { length: column.int32() }
/** What happens between sampling and what comes after. */
let meanwhile = () => {}
/** Items that a stage was given, in calls that came to something or not. */
const asked: Array<string> = []

const photos = defineStage.source("photos", {
  item: "scene",
  params: { folder: param.folder() },
  output: one(photo),
  compute: async function* ({ folder }, world) {
    for (const name of (await world.list(folder.path)) ?? [])
      yield { id: name, photo: (await world.file(join(folder.path, name)))! }
    meanwhile()
  }
})
const lengths = (name: string, wrap: (bytes: () => Promise<Uint8Array>) => Promise<object>) =>
  defineStage.itemwise(name, {
    inputs: { of: each(photo) },
    output: one(length),
    chunk: 4,
    compute: async (items) =>
      Promise.all(
        items.map(async ({ id, of }) => {
          asked.push(id)
          return (await wrap(() => of.photo.bytes())) as { length: number }
        })
      )
  })
const measured = async (bytes: () => Promise<Uint8Array>) => {
  const { length } = await bytes()
  return length === 0 ? failed("empty") : { length }
}
const throws = lengths("throws", measured)
const tells = lengths("tells", (bytes) => measured(bytes).catch(() => failed("no picture")))
const wraps = lengths("wraps", (bytes) =>
  measured(bytes).catch((cause: unknown) => {
    throw new Error("no picture", { cause })
  })
)
const hides = lengths("hides", (bytes) =>
  measured(bytes).catch(() => {
    throw new Error("no picture")
  })
)
const goesOn = lengths("goes-on", (bytes) => measured(bytes).catch(() => ({ length: -1 })))
const sumOfThose = defineStage.whole("sum-of-those", {
  inputs: { of: whole(photo) },
  output: table(length),
  compute: async ({ of }) => {
    const { photo } = await of.read("photo")
    const lengths = await Promise.all(photo.map((file) => file.bytes().catch(() => "")))
    return [{ length: lengths.reduce((total, { length }) => total + length, 0) }]
  }
})
const sum = defineStage.whole("sum", {
  inputs: { of: whole(photo) },
  output: table(length),
  compute: async ({ of }) => {
    let length = 0
    for (const file of (await of.read("photo")).photo) length += (await file.bytes()).length
    return [{ length }]
  }
})

let lab: Lab
let folder: string
const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
const edit = () => {
  meanwhile = () => write("p3", "other")
}
const restore = () => {
  meanwhile = () => {}
  write("p3", "abc")
}
const graphOf = (stage: (name: string, of: { of: AnyRef }) => AnyRef): Graph =>
  lab.graph({ out: stage("out", { of: photos("photos", { folder: { path: folder } }) }) })
const run = async (graph: Graph, options: LabOptions = {}) => {
  asked.length = 0
  const { run } = await lab.run(graph, options)
  return { status: run.status, node: run.nodes[1]! }
}

beforeEach(() => {
  lab = new Lab()
  folder = join(lab.folder, "photos")
  mkdirSync(folder)
  for (let i = 0; i < 7; i++) write(`p${i}`, "abcdefg".slice(0, i))
})
afterEach(() => lab.close())

describe.each([
  ["throws", throws],
  ["gives failed() with words of its own", tells],
  ["throws with words of its own", wraps],
  ["throws with words of its own, and no cause", hides],
  ["makes a row without it", goesOn]
])("an item whose file was edited, in a stage that %s", (_, stage) => {
  it("fails, and is computed alone once the file is put back; a failure of its own is remembered", async () => {
    const graph = graphOf(stage as never)
    edit()
    const first = await run(graph)
    expect(first.status).toBe("failed")
    expect(first.node).toMatchObject({ items: { total: 7, executed: 5, failed: 2 }, key: null })
    expect(first.node.failures.map(({ item }) => item)).toEqual(["p0", "p3"])
    expect(first.node.failures[1]).not.toHaveProperty("outside")

    restore()
    const items = (await lab.plan(graph))[1]!.items!
    expect(Array.from(items.left.slice(0, 7))).toEqual([3])
    expect([...items.failed.keys()]).toEqual([0])
    const second = await run(graph)
    expect(asked).toEqual(["p3"])
    expect(second.node).toMatchObject({
      items: { total: 7, executed: 1, cached: 5, failed: 1 },
      failures: [{ item: "p0", error: "empty" }]
    })

    await run(graph)
    expect(asked).toEqual([])
  })
})

it("once everything is put back, all is well and stays so", async () => {
  write("p0", "a")
  const graph = graphOf(throws as never)
  edit()
  const { node } = await run(graph)
  expect(node.failures).toMatchObject([{ item: "p3", error: expect.stringMatching(/changed.*: run again$/) }])
  restore()
  expect((await run(graph)).status).toBe("ok")
  expect((await run(graph)).node.status).toBe("cached")
})

it.each([
  ["read such a file", sum],
  ["made rows without such a file", sumOfThose]
])("a whole stage that %s fails, and is computed once the file is put back", async (_, stage) => {
  const graph = graphOf(stage as never)
  edit()
  const first = await run(graph)
  expect(first.status).toBe("failed")
  expect(first.node.error).toMatch(/p3 changed since it was sampled: run again$/)
  restore()
  expect(await run(graph)).toMatchObject({ status: "ok", node: { status: "executed" } })
})

it("the same of a stage in worker processes", async () => {
  const text = `
import { column, defineStage, each, failed, one } from ${JSON.stringify(new URL("../../../dist/index.js", import.meta.url).href)}
export const apart = defineStage.itemwise("apart", {
  inputs: { of: each({ photo: column.file() }) },
  output: one({ length: column.int32() }),
  isolate: true,
  chunk: 4,
  compute: (items) =>
    Promise.all(items.map(async ({ of }) =>
      of.photo.bytes().then(({ length }) => ({ length }), () => failed("no picture"))))
})
`
  const file = join(lab.folder, "stages.mjs")
  writeFileSync(file, text)
  const url = pathToFileURL(file).href
  const { apart } = (await import(url)) as { apart: { stage: AnyStage } }
  const addressOf = (stage: AnyStage) =>
    stage === apart.stage ? { url, module: null, export: "apart" } : null
  const workers = { entry: new URL("../../../dist/worker.js", import.meta.url), addressOf }
  const graph = graphOf(apart as never)
  edit()
  expect((await run(graph, { workers })).node.failures).toEqual([{ item: "p3", error: "no picture" }])
  restore()
  expect(await run(graph, { workers })).toMatchObject({
    status: "ok",
    node: { items: { total: 7, executed: 1, cached: 6, failed: 0 } }
  })
})

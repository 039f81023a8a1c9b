/** Law 3: a stage is given the columns that its ports declare. All else is refused, here and in worker processes. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { AnyRef, AnyStage, Stage } from "../../../src/pipeline/stage.ts"
import { heldIn } from "./held.ts"
import { Lab } from "./lab.ts"
import { storeOf } from "../store/gc/worlds.ts"

const dist = new URL("../../../dist/", import.meta.url)
/**
 * A module as a user's bundle would be. What `touch.json` beside it says is tried: how a port reads, and what. A stage
 * gives what it was served, as JSON.
 */
const source = `
import { readFileSync } from "node:fs"
import { column, defineStage, each, group, many, one, rows, table, whole } from ${JSON.stringify(new URL("index.js", dist).href)}
const all = {
  a: column.float64(), b: column.float64(), toString: column.utf8(),
  t: column.tensors("width"), u: column.tensors("width"), photo: column.file()
}
export const data = defineStage.source("data", {
  item: "scene",
  params: {},
  output: rows(all),
  async *compute(_, world) {
    const { rows } = JSON.parse(new TextDecoder().decode(await world.read("rows.json")))
    for (const [id, of] of Object.entries(rows)) {
      const photo = await world.file("photos/" + id)
      yield { id, rows: of.map(({ t, u, ...row }) => ({
        ...row, photo, toString: "s",
        t: Object.fromEntries(Object.entries(t).map(([k, v]) => [k, Float32Array.from(v)])),
        u: { x: Float32Array.of(u) }
      })) }
    }
  }
})
const declared = { a: column.float64(), t: column.tensors("width"), photo: column.file() }
const touch = () => (0, eval)("(async (port, given) => (" + readFileSync(new URL("touch.js", import.meta.url), "utf8") + "))")
const shown = async (value) => JSON.stringify((await value) ?? null)
const output = { served: column.utf8() }
const make = (isolate) => ({
  whole: defineStage.whole("reads-whole", {
    inputs: { port: whole(declared) }, output: table(output), isolate,
    compute: async ({ port }) => [{ served: await shown(touch()(port)) }]
  }),
  many: defineStage.whole("reads-many", {
    inputs: { port: many(declared) }, output: table(output), isolate,
    compute: async ({ port }) => [{ served: await shown(touch()(port[1])) }]
  }),
  broadcast: defineStage.itemwise("reads-broadcast", {
    inputs: { of: group({ a: column.float64() }), port: whole(declared) }, output: one(output), isolate,
    compute: async (items, { port }) => Promise.all(items.map(async () => ({ served: await shown(touch()(port)) })))
  }),
  group: defineStage.itemwise("reads-group", {
    inputs: { port: group(declared) }, output: one(output), isolate,
    compute: async (items) => Promise.all(items.map(async ({ port }) => ({ served: await shown(touch()(port[0], port)) })))
  })
})
const here = make(false), apart = make(true)
export const wholeHere = here.whole, manyHere = here.many, broadcastHere = here.broadcast, groupHere = here.group
export const wholeApart = apart.whole, manyApart = apart.many, broadcastApart = apart.broadcast, groupApart = apart.group
`
type Row = { a: number; b: number; t: Record<string, Array<number>>; u: number }
type Rows = Record<string, Array<Row>>
const row = (a: number, more: Partial<Row> = {}): Row => ({
  a,
  b: 10 * a,
  t: { x: [a], y: [-a] },
  u: a,
  ...more
})

let lab: Lab
let module: Record<string, Stage<never, never, never, never>>
let url: string
const write = (rows: Rows) => {
  writeFileSync(join(lab.folder, "rows.json"), JSON.stringify({ rows }))
  mkdirSync(join(lab.folder, "photos"), { recursive: true })
  for (const id of Object.keys(rows)) writeFileSync(join(lab.folder, "photos", id), "the same bytes")
}
const usual: Rows = { one: [row(1), row(2)], two: [row(3)], three: [] }
beforeEach(async () => {
  lab = new Lab()
  writeFileSync(join(lab.folder, "stages.mjs"), source)
  url = pathToFileURL(join(lab.folder, "stages.mjs")).href
  module = (await import(url)) as typeof module
  write(usual)
})
afterEach(() => lab.close())

const addressOf = (stage: AnyStage) => {
  const found = Object.entries(module).find(([, one]) => one.stage === stage)
  return found === undefined ? null : { url, module: null, export: found[0] }
}
const call = (name: string, id: string, args: object): AnyRef =>
  (module[name] as unknown as (id: string, args: object) => AnyRef)(id, args)
const graphOf = (name: string, ids = { data: "data" }) => {
  const data = call("data", ids.data, {})
  const port = name.startsWith("many") ? [data, data] : data
  return lab.graph({
    out: call(name, "out", { port, ...(name.startsWith("broadcast") ? { of: data } : {}) })
  })
}
const touching = (code: string) => writeFileSync(join(lab.folder, "touch.js"), code)
const run = async (name: string, ids = { data: "data" }) => {
  const { run } = await lab.run(graphOf(name, ids), {
    workers: { entry: new URL("worker.js", dist), addressOf }
  })
  const out = run.nodes.find(({ id }) => id === "out")!
  const held = out.artifact === null ? [] : (await heldIn(storeOf(lab), out.artifact)).rows
  return { out, served: held.map(({ served }) => JSON.parse(served as string) as unknown) }
}

/** What is tried of a port that declares `a`, `t` and `photo`, and the name that is refused. */
const tries: ReadonlyArray<readonly [code: string, name: string]> = [
  [`port.read("b")`, "b"],
  [`port.read("a", "b")`, "b"],
  [`port.read("toString")`, "toString"],
  [`port.read("constructor")`, "constructor"],
  [`port.read("item")`, "item"],
  [`port.read("t")`, "t"],
  [`port.read("u")`, "u"],
  [`port.read("t/x")`, "t/x"],
  [`port.batches("b").next()`, "b"],
  [`port.batches("a", "u").next()`, "u"],
  [`port.members("u")`, "u"],
  [`port.members("a")`, "a"],
  [`port.members("valueOf")`, "valueOf"],
  [`port.tensor("u", "x")`, "u"],
  [`port.tensor("t", "z")`, "z"],
  [`port.tensor("t", "__proto__")`, "__proto__"]
]
const tables = ["whole", "many", "broadcast"].flatMap((port) => [`${port}Here`, `${port}Apart`])
describe.each(tables)("%s: a table", (name) => {
  it("refuses each name that its port does not declare, whatever reads it", async () => {
    const caught = tries.map(
      ([code]) => `(async () => ${code})().then(() => "served", (e) => [e.message, e.hint])`
    )
    touching(`Promise.all([${caught.join(",")}])`)
    const { served } = await run(name)
    const told = served[0] as ReadonlyArray<[message: string, hint: string]>
    for (const [i, [code, column]] of tries.entries()) {
      expect(told[i]![0], code).toContain('node "out", port "port": ')
      expect(told[i]![0], code).toContain(`"${column}"`)
      expect(told[i]![1], code).toBeTruthy()
    }
  })
  it("fails with the node, the port and the column, and with what to do", async () => {
    touching(`port.read("b")`)
    const { out } = await run(name)
    const take = name.startsWith("many") ? "many" : "whole"
    expect(out).toMatchObject({ status: "failed", artifact: null })
    expect(out.error).toBe('node "out", port "port": the port does not declare the column "b"')
    expect(out.hint).toContain(`declare it there, as in ${take}({ …, b: column.… })`)
  })

  it("serves what its port declares, and offers nothing else", async () => {
    touching(`(async () => {
      const { item, a } = await port.read("a")
      let batched = []
      for await (const batch of port.batches("a")) batched = batched.concat(batch.a)
      const taps = []
      for (const member of port.members("t")) taps.push(member, [...(await port.tensor("t", member)).data])
      const ids = []
      for await (const id of port.items()) ids.push(id)
      return { item, a, batched, taps, rows: port.rows, ids, offers: Object.keys(port).sort() }
    })()`)
    const { out, served } = await run(name)
    expect(out.error).toBeNull()
    expect(served[0]).toEqual({
      item: ["one", "one", "two"],
      a: [1, 2, 3],
      batched: [1, 2, 3],
      taps: ["x", [1, 2, 3], "y", [-1, -2, -3]],
      rows: 3,
      ids: ["one", "two", "three"],
      offers: ["batches", "items", "members", "read", "rows", "tensor"]
    })
  })
})

describe.each(["groupHere", "groupApart"])("%s: a joined row", (name) => {
  const filled: Rows = { one: [row(1), row(2)], two: [row(3)] }
  it.each(["b", "u"])("refuses the column %s, which its port does not declare", async (column) => {
    write(filled)
    touching(`port.${column} ?? "nothing"`)
    const { out } = await run(name)
    expect(out).toMatchObject({ status: "failed", artifact: null })
    expect(out.error).toContain(`node "out", port "port": the port does not declare the column "${column}"`)
    expect(out.hint).toContain(`group({ …, ${column}: column.… })`)
  })
  it("holds what its port declares, and nothing else", async () => {
    write(filled)
    touching(`({ keys: Object.keys(port), a: port.a, t: Object.keys(port.t), photo: Object.keys(port.photo),
      size: given.length, name: port.photo.name, path: port.photo.path, own: Object.hasOwn(port, "toString"), text: String(port) })`)
    const { out, served } = await run(name)
    expect(out.error).toBeNull()
    expect(served[0]).toEqual({
      keys: ["a", "photo", "item", "t"],
      a: 1,
      t: ["x", "y"],
      photo: ["sha256", "size", "bytes"],
      size: 2,
      own: false,
      text: "[object Object]"
    })
  })
})

/** A change of what a stage can see computes it again, and gives what a new store gives; any other leaves it fresh. */
describe.each(["wholeHere", "groupHere"])("what %s can see is in its key", (name) => {
  const look = `(async () => {
    const files = async (all) => Promise.all(all.map(async (f) => [f.sha256, f.size, String(await f.bytes())]))
    if (given) return { id: given[0]?.item, rows: given.map(({ a, t, item }) => [item, a, Object.entries(t).map(([k, v]) => [k, ...v])]), files: await files(given.map(({ photo }) => photo)) }
    const { item, a, photo } = await port.read("a", "photo")
    const taps = []
    for (const member of port.members("t")) taps.push([member, [...(await port.tensor("t", member)).data]])
    const ids = []
    for await (const id of port.items()) ids.push(id)
    return { item, ids, a, taps, rows: port.rows, files: await files(photo) }
  })()`
  const changes: ReadonlyArray<readonly [string, () => void, boolean]> = [
    [
      "a value of a declared column",
      () => write({ ...usual, two: [row(4, { b: 30, u: 3, t: row(3).t })] }),
      true
    ],
    ["a value of an undeclared column", () => write({ ...usual, two: [row(3, { b: 7 })] }), false],
    ["a value of an undeclared family", () => write({ ...usual, two: [row(3, { u: 7 })] }), false],
    [
      "a value of a declared family",
      () => write({ ...usual, two: [row(3, { t: { x: [3], y: [9] } })] }),
      true
    ],
    ["the order of rows within an item", () => write({ ...usual, one: [row(2), row(1)] }), true],
    ["an item's id", () => write({ one: usual["one"]!, zwei: usual["two"]!, three: [] }), true],
    ["an item more, without rows", () => write({ ...usual, four: [] }), true],
    ["one row more", () => write({ ...usual, two: [row(3), row(3)] }), true],
    [
      "the order of a family's members",
      () =>
        write(
          Object.fromEntries(
            Object.entries(usual).map(([id, rows]) => [
              id,
              rows.map((one) => ({ ...one, t: { y: one.t["y"]!, x: one.t["x"]! } }))
            ])
          )
        ),
      true
    ],
    [
      "a member more",
      () =>
        write(
          Object.fromEntries(
            Object.entries(usual).map(([id, rows]) => [
              id,
              rows.map((one) => ({ ...one, t: { ...one.t, z: [0] } }))
            ])
          )
        ),
      true
    ],
    ["the content of a file", () => writeFileSync(join(lab.folder, "photos", "two"), "other bytes"), true]
  ]
  it.each(changes)("%s", async (_, change, isSeen) => {
    touching(look)
    await run(name)
    change()
    const again = await run(name)
    expect(again.out.status).toBe(isSeen ? "executed" : "cached")
    const third = await run(name)
    expect(third.out.status).toBe("cached")
    renameSync(join(lab.folder, "store"), join(lab.folder, "store-before"))
    const fresh = await run(name)
    expect(again.served).toEqual(fresh.served)
    expect(again.out.artifact).toBe(fresh.out.artifact)
  })
  it("the id of the node that gives it is not, and cannot be seen", async () => {
    touching(look)
    await run(name)
    expect((await run(name, { data: "renamed" })).out.status).toBe("cached")
  })
})

it("batches end where rows say so, not where shards do", async () => {
  const rowsOf = (n: number, from = 0): Rows =>
    Object.fromEntries(Array.from({ length: n }, (_, i) => [`i${i + from}`, [row(i + from)]]))
  touching(`(async () => {
    const sizes = []
    for await (const { item, a } of port.batches("a")) sizes.push([item.length, a.length])
    return sizes
  })()`)
  write({ one: Array.from({ length: 10_000 }, (_, i) => row(i)) })
  expect((await run("wholeHere")).served).toEqual([
    [
      [8192, 8192],
      [1808, 1808]
    ]
  ])
  write(rowsOf(300))
  expect((await run("wholeHere")).served).toEqual([[[300, 300]]])
})

it("refuses rows whose tensors come in different orders, in one shard or several", async () => {
  touching("port.rows")
  const swapped = { t: { y: [1], x: [1] } }
  write({ one: [row(1), row(1, swapped)] })
  const { run: inOne } = await lab.run(graphOf("wholeHere"))
  expect(inOne.nodes[0]!.error).toContain("has its tensors in the order y, x, the first row x, y")
  const many = Array.from({ length: 300 }, (_, i): [string, Array<Row>] => [
    `i${i}`,
    [row(i, i < 256 ? {} : swapped)]
  ])
  write(Object.fromEntries(many))
  const { run: inTwo } = await lab.run(graphOf("wholeHere"))
  expect(inTwo.nodes[0]!.error).toContain("its tensors come in different orders: x, y and y, x")
})

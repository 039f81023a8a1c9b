/** Files that the operating system does not let us read: an item's own affair, unless the process has reached a limit. */
import { execFileSync } from "node:child_process"
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { column, defineStage, each, failed, one, param, whole, table } from "../../../src/index.ts"
import type { Graph } from "../../../src/pipeline/graph.ts"
import type { FileSystem } from "../../../src/store/files/file-system.ts"
import { storeOf } from "../store/gc/worlds.ts"
import { heldIn } from "./held.ts"
import { Lab, type LabOptions } from "./lab.ts"

const photo = { photo: column.file() }
/** What happens after sampling. */
let meanwhile = () => {}
const photos = defineStage.source("photos", {
  item: "scene",
  params: { folder: param.folder() },
  output: one(photo),
  compute: async function* ({ folder }, world) {
    for (const id of ["p0", "p1", "p2"]) {
      try {
        const found = await world.file(join(folder.path, id))
        yield found === null ? { id, failed: "missing" } : { id, photo: found }
      } catch (error) {
        if ((error as { _tag?: string })._tag !== undefined) throw error
        yield { id, failed: (error as Error).message }
      }
    }
    meanwhile()
  }
})
const lengths = defineStage.itemwise("lengths", {
  inputs: { of: each(photo) },
  output: one({ length: column.int32() }),
  compute: (items) =>
    Promise.all(
      items.map(({ of }) =>
        of.photo.bytes().then(
          ({ length }) => ({ length }),
          () => failed("no picture") // whatever the error was
        )
      )
    )
})
const count = defineStage.whole("count", {
  inputs: { of: whole({ length: column.int32() }) },
  output: table({ items: column.int32() }),
  compute: async ({ of }) => [{ items: of.rows }]
})

let lab: Lab
let folder: string
beforeEach(() => {
  lab = new Lab()
  folder = join(lab.folder, "photos")
  mkdirSync(folder)
  for (const name of ["p0", "p1", "p2"]) writeFileSync(join(folder, name), name)
  meanwhile = () => {}
})
afterEach(() => lab.close())

const graphOf = (): Graph => {
  const of = photos("photos", { folder: { path: folder } })
  return lab.graph({ count: count("count", { of: lengths("lengths", { of }) }) })
}
const run = async (options: LabOptions = {}) => (await lab.run(graphOf(), options)).run
const p1 = () => join(folder, "p1")
const failing =
  (call: "stat" | "readRange" | "readIfPresent", code: string) =>
  (files: FileSystem): FileSystem => ({
    ...files,
    [call]: (path: string, ...rest: ReadonlyArray<number>) => {
      if (path === p1()) throw Object.assign(new Error(`${code}: refused`), { code, syscall: "open", path })
      return (files[call] as (path: string, ...rest: ReadonlyArray<number>) => unknown)(path, ...rest)
    }
  })

describe("an item that a source gives as failed", () => {
  const mend = () => {
    rmSync(p1())
    writeFileSync(p1(), "p1")
  }
  beforeEach(() => {
    rmSync(p1())
    symlinkSync("p1", p1())
  })

  it("is listed, and itemwise stages go on; whole stages do with --keep-going", async () => {
    const stopped = await run()
    expect(stopped).toMatchObject({ status: "failed" })
    expect(stopped.nodes).toMatchObject([
      {
        status: "failed",
        items: { total: 3, executed: 2, failed: 1 },
        incomplete: true,
        failures: [{ item: "p1", error: expect.stringContaining("ELOOP") }]
      },
      { status: "executed", items: { total: 2, executed: 2 } },
      { status: "skipped" }
    ])
    expect((await run({ keepGoing: true })).nodes).toMatchObject([
      { status: "failed" },
      { status: "cached", items: { total: 2, cached: 2 } },
      { status: "executed" }
    ])
  })

  it("is not remembered: the next run tries it again, and computes it alone once it is mended", async () => {
    await run({ keepGoing: true })
    expect((await lab.plan(graphOf()))[0]).toMatchObject({ state: "missing" })
    mend()
    const { status, nodes } = await run()
    expect(status).toBe("ok")
    expect(nodes[1]).toMatchObject({ items: { total: 3, executed: 1, cached: 2 } })
    expect((await run()).nodes.every((node) => node.status === "cached")).toBe(true)
  })

  it("has an id of its own", async () => {
    const twice = defineStage.source("twice", {
      item: "scene",
      output: one({ a: column.int32() }),
      compute: async function* () {
        yield { id: "same", failed: "no reason" }
        yield { id: "same", a: 1 }
      }
    })
    const { run } = await lab.run(lab.graph({ twice: twice("twice", {}) }))
    expect(run.nodes[0]!.error).toContain('two items have the id "same"')
  })
})

describe("a file that is refused when it is read, later than it was sampled", () => {
  it.each(["EACCES", "EPERM", "EIO", "ELOOP", "ESTALE", "ENAMETOOLONG"])(
    "%s fails its item, and is not remembered",
    async (code) => {
      const first = await run({ keepGoing: true, files: failing("readIfPresent", code) })
      expect(first.nodes[1]).toMatchObject({
        items: { total: 3, executed: 2, failed: 1 },
        failures: [{ item: "p1" }],
        key: null
      })
      expect((await run()).nodes[1]).toMatchObject({
        status: "executed",
        items: { total: 3, executed: 1, cached: 2 }
      })
    }
  )

  it.each([
    ["a named pipe", () => void execFileSync("mkfifo", [p1()])],
    ["a folder", () => mkdirSync(p1())],
    ["a link to a device", () => symlinkSync("/dev/zero", p1())]
  ])("%s in its place does not hang", async (_, make) => {
    meanwhile = () => {
      rmSync(p1())
      make()
    }
    expect((await run({ keepGoing: true })).nodes[1]).toMatchObject({ failures: [{ item: "p1" }], key: null })
  })
})

describe("a file of a whole port that is refused", () => {
  /** Takes the pictures with it from `open`, and makes a row of what cannot be read, too. */
  const together = (when: "open" | "compute") =>
    defineStage.itemwise("together", {
      inputs: { of: each({ length: column.int32() }), all: whole(photo) },
      output: one({ bytes: column.int32() }),
      chunk: 1,
      open: async (_params, _context, { all }) => {
        const { photo: photos } = await all.read("photo")
        const lengthOf = (i: number) =>
          photos[i]!.bytes().then(
            ({ length }) => length,
            () => -1
          )
        const early = when === "open" ? await Promise.all(photos.map((_, i) => lengthOf(i))) : []
        return { lengthOf: async (i: number) => early[i] ?? lengthOf(i) }
      },
      compute: async (items, { resource }) =>
        Promise.all(items.map(async ({ id }) => ({ bytes: await resource.lengthOf(Number(id[1])) })))
    })
  it.each([
    ["open", 1],
    ["open", 3],
    ["compute", 1],
    ["compute", 3]
  ] as const)("fails the node if a resource reads it in %s, with %i tasks at a time", async (when, jobs) => {
    const of = photos("photos", { folder: { path: folder } })
    const graph = lab.graph({ out: together(when)("out", { of: lengths("lengths", { of }), all: of }) })
    await lab.run({ ...graph, nodes: graph.nodes.slice(0, 2) })
    const broken = await lab.run(graph, { jobs, keepGoing: true, files: failing("readIfPresent", "EIO") })
    expect(broken.run.nodes[2]).toMatchObject({ status: "failed", artifact: null, key: null })
    const { run } = await lab.run(graph)
    expect(run.status).toBe("ok")
    const { rows } = await heldIn(storeOf(lab), run.nodes[2]!.artifact!)
    expect(rows.map(({ bytes }) => bytes)).toEqual([2, 2, 2])
  })
})

describe.each(["EMFILE", "ENFILE", "ENOMEM", "EAGAIN"])("a limit of the process (%s)", (code) => {
  it.each(["stat", "readRange", "readIfPresent"] as const)(
    "fails the node in %s, whatever the stage makes of it, and is not remembered",
    async (call) => {
      const stopped = (await lab.run(graphOf(), { keepGoing: true, files: failing(call, code) })).run
      const failed = stopped.nodes.filter(({ status }) => status === "failed")
      expect(failed).toHaveLength(1)
      // the node itself, and no item of it
      expect(failed[0]).toMatchObject({ failures: [{ item: failed[0]!.id }], key: null })
      expect(failed[0]!.failures![0]!.error).toMatch(/ left| can be opened|open files/)
      const { status, nodes } = await run()
      expect(status).toBe("ok")
      expect(nodes[1]!.items.failed).toBe(0)
    }
  )
})

it("names of files that are not UTF-8 are refused where a source lists them: two would be one", async () => {
  const names = defineStage.source("names", {
    item: "name",
    params: { folder: param.folder() },
    output: one({ a: column.int32() }),
    compute: async function* ({ folder }, world) {
      for (const id of (await world.list(folder.path)) ?? []) yield { id, a: 1 }
    }
  })
  const path = Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.of(0xe9)])
  writeFileSync(path, "")
  const { run } = await lab.run(lab.graph({ names: names("names", { folder: { path: folder } }) }))
  expect(run.nodes[0]!.error).toContain(`the name of a file in ${folder} is not UTF-8`)
})

/** Files that change while a source reads them: nothing is stored of two states of a file, nor under another's digest. */
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { column, defineStage, one, param, type World } from "../../../src/index.ts"
import type { AnyRef, AnyStage } from "../../../src/pipeline/stage.ts"
import { importActivations } from "../../../stages/import-activations/stage.ts"
import { encodeNpy } from "../../../stages/tensor-files/npy.ts"
import { Lab, type LabOptions } from "./lab.ts"

let lab: Lab
let folder: string
/** What somebody else does while the source is at it. */
let meanwhile: () => void
beforeEach(() => {
  lab = new Lab()
  folder = join(lab.folder, "data")
  mkdirSync(folder)
  meanwhile = () => {}
  put("old")
})
afterEach(() => lab.close())

/** Long ago, so that the stat cache believes what it knows. */
const put = (text: string | Uint8Array, name = "file", seconds = 1_500_000_000) => {
  writeFileSync(join(folder, name), text)
  utimesSync(join(folder, name), seconds, seconds)
}
const text = (bytes: Uint8Array | null | undefined) => (bytes ? new TextDecoder().decode(bytes) : "none")
const openedText = async (world: World, at: string, then = () => {}) => {
  const access = (await world.open(at))!
  try {
    then()
    return text(access.read(0, access.size))
  } finally {
    access.close()
  }
}
type Read = (world: World, folder: string) => Promise<string>
/** Looks twice, and somebody is at work between the two. */
const source = (first: Read, second: Read = first) =>
  defineStage.source("looks", {
    item: "look",
    params: { folder: param.folder() },
    output: one({ text: column.utf8() }),
    compute: async function* ({ folder }, world) {
      yield { id: "first", text: await first(world, folder.path) }
      meanwhile()
      yield { id: "second", text: await second(world, folder.path) }
    }
  })
const graphOf = (stage: (name: string, params: { folder: { path: string } }) => AnyRef) =>
  lab.graph({ looks: stage("looks", { folder: { path: folder } }) })
type Stage = Parameters<typeof graphOf>[0]

const read: Read = async (world, folder) => text(await world.readIfPresent(join(folder, "file")))
const open: Read = (world, folder) => openedText(world, join(folder, "file"))
const list: Read = async (world, folder) => (await world.list(folder))!.join()
const file: Read = async (world, folder) => (await world.file(join(folder, "file")))?.sha256 ?? "none"
const nothing: Read = async () => ""

const lookAt = async (stage: Stage, options: LabOptions = {}) => {
  const { run } = await lab.run(graphOf(stage), options)
  return run.nodes[0]!
}
/** It fails, and is computed once nobody disturbs it, whatever state the files are in then. */
async function isRefused(stage: Stage, name = "file") {
  expect(await lookAt(stage)).toMatchObject({
    status: "failed",
    artifact: null,
    key: null,
    error: `${join(folder, name)} changed while the source read it`,
    hint: "run again: nothing that it read was kept"
  })
  put("old")
  meanwhile = () => {}
  expect((await lab.plan(graphOf(stage)))[0]).toMatchObject({ state: "missing" })
  expect(await lookAt(stage)).toMatchObject({ status: "executed" })
  expect(await lookAt(stage)).toMatchObject({ status: "cached" })
}

describe("a source is refused, and nothing is remembered of it, where", () => {
  it.each([
    ["reads", read],
    ["opens", open],
    ["reads what it opened,", open, read],
    ["samples", file],
    ["reads what it sampled,", file, read]
  ])("it %s a file twice that was changed in between", async (_, first, second = first) => {
    meanwhile = () => put("new")
    await isRefused(source(first, second))
  })
  it("a file that was read is gone at the second look", async () => {
    meanwhile = () => rmSync(join(folder, "file"))
    await isRefused(source(read))
  })
  it("a file that was not there is there at the second look", async () => {
    rmSync(join(folder, "file"))
    meanwhile = () => put("old")
    await isRefused(source(read))
  })
  it("it lists a folder twice that got a file in between", async () => {
    meanwhile = () => put("more", "more")
    await isRefused(source(list), "")
  })
  it.each([
    ["read", read],
    ["opened", open]
  ])("a file was changed after it was %s, once", async (_, look) => {
    meanwhile = () => put("new")
    await isRefused(source(look, nothing))
  })
  it("a file was changed after it was sampled, and then read", async () => {
    const stage = source(async (world, folder) => {
      await file(world, folder)
      return read(world, folder)
    }, nothing)
    meanwhile = () => put("new")
    await isRefused(stage)
  })
  it("a folder was changed after it was listed, once", async () => {
    meanwhile = () => put("more", "more")
    await isRefused(source(list, nothing), "")
  })
  it("a file was changed between being opened and being read", async () => {
    const stage = source((world, folder) => openedText(world, join(folder, "file"), meanwhile), nothing)
    meanwhile = () => put("new")
    await isRefused(stage)
  })
  it("a file that it holds open was overwritten, and put back with the time that it had", async () => {
    const stage = source(async (world, folder) => {
      const access = (await world.open(join(folder, "file")))!
      put("new")
      const found = text(access.read(0, 3))
      access.close()
      expect(found).toBe("new")
      put("old")
      return found
    }, nothing)
    const { status, error } = await lookAt(stage)
    expect([status, error]).toEqual(["failed", `${join(folder, "file")} changed while the source read it`])
  })
  it("another file was there when it was opened, between being hashed and the end", async () => {
    // from when it has been hashed until the source has read it
    let isArmed = true
    let found = ""
    const stage = source(async (world, folder) => {
      const access = (await world.open(join(folder, "file")))!
      found = text(access.read(0, 3))
      access.close()
      return found
    }, nothing)
    const aside = join(lab.folder, "aside")
    const files: LabOptions["files"] = (calls) => ({
      ...calls,
      readRange: (at, position, length) => {
        const bytes = calls.readRange(at, position, length)
        if (isArmed && at === join(folder, "file")) {
          isArmed = false
          renameSync(at, aside)
          put("new")
        }
        return bytes
      }
    })
    meanwhile = () => renameSync(aside, join(folder, "file"))
    const { status, error } = await lookAt(stage, { files })
    expect(found).toBe("new")
    expect([status, error]).toEqual(["failed", `${join(folder, "file")} changed while the source read it`])
  })
  it("a file is opened twice, and its folder was a link to another between its stat and the second", async () => {
    const link = join(lab.folder, "link")
    const point = (to: string) => {
      rmSync(link, { force: true })
      symlinkSync(join(lab.folder, to), link, "junction")
    }
    mkdirSync(join(lab.folder, "other"))
    put("new", "../other/file")
    point("data")
    let isArmed = false
    const files: LabOptions["files"] = (calls) => ({
      ...calls,
      stat: (at) => {
        const stat = calls.stat(at)
        if (isArmed && at === join(link, "file")) {
          isArmed = false
          point("other")
        }
        return stat
      }
    })
    const linked: Read = (world) => open(world, link)
    const stage = source(linked, (world, folder) => linked(world, folder).finally(() => point("data")))
    meanwhile = () => {
      isArmed = true
    }
    const { status, error } = await lookAt(stage, { files })
    expect([status, error]).toEqual(["failed", `${join(link, "file")} changed while the source read it`])
  })
  it("it makes nothing of being told", async () => {
    const calm: Read = (world, folder) => read(world, folder).catch(() => "calm")
    meanwhile = () => put("new")
    const stage = source(calm, async (world, folder) => {
      const found = await calm(world, folder)
      put("old")
      return found
    })
    await isRefused(stage)
  })
  it("it makes nothing of a sampled file's bytes that are others", async () => {
    const sampled: Read = async (world, folder) => {
      const handle = (await world.file(join(folder, "file")))!
      meanwhile()
      const found = await handle.bytes().then(text, () => "calm")
      put("old")
      return found
    }
    meanwhile = () => put("new")
    await isRefused(source(sampled, nothing))
  })
  it("it fails over what was written meanwhile, in words of its own", async () => {
    const stage = source(open, async (world, folder) => {
      if ((await openedText(world, join(folder, "file"))) === "old") return "old"
      throw new Error("malformed")
    })
    meanwhile = () => put("new")
    await isRefused(stage)
  })
  it("it runs in a worker process", async () => {
    const module = join(lab.folder, "stages.mjs")
    writeFileSync(
      module,
      `
import { rmSync, writeFileSync } from "node:fs"
import { column, defineStage, one, param } from ${JSON.stringify(new URL("../../../dist/index.js", import.meta.url).href)}
export const apart = defineStage.source("looks", {
  item: "look",
  params: { folder: param.folder() },
  output: one({ size: column.int32() }),
  compute: async function* ({ folder: { path } }, world) {
    yield { id: "first", size: (await world.read(path + "/file")).length }
    if ((await world.list(path + "/..")).includes("disturb")) writeFileSync(path + "/file", "longer")
  }
})
`
    )
    const url = pathToFileURL(module).href
    const { apart } = (await import(url)) as { apart: Stage & { stage: AnyStage } }
    const addressOf = (stage: AnyStage) =>
      stage === apart.stage ? { url, module: null, export: "apart" } : null
    const options = { apart: { entry: new URL("../../../dist/worker.js", import.meta.url), addressOf } }
    writeFileSync(join(lab.folder, "disturb"), "")
    expect(await lookAt(apart, options)).toMatchObject({
      status: "failed",
      error: `${join(folder, "file")} changed while the source read it`
    })
    rmSync(join(lab.folder, "disturb"))
    expect(await lookAt(apart, options)).toMatchObject({ status: "executed" })
  })
})

describe("a source is committed where", () => {
  it("nobody disturbs it: what it opens is hashed once", async () => {
    let hashed = 0
    const files: LabOptions["files"] = (calls) => ({
      ...calls,
      readRange: (at, ...range) => {
        if (at === join(folder, "file")) hashed++
        return calls.readRange(at, ...range)
      }
    })
    expect(await lookAt(source(open), { files })).toMatchObject({ status: "executed" })
    expect(hashed).toBe(1)
    expect(await lookAt(source(open))).toMatchObject({ status: "cached" })
  })
  it("a file that it has read as a whole got another time, and no other bytes", async () => {
    meanwhile = () => put("old", "file", 1_500_000_001)
    expect(await lookAt(source(read))).toMatchObject({ status: "executed" })
    expect(await lookAt(source(read))).toMatchObject({ status: "cached" })
  })
  it("a file that it has but sampled is another later: its rows name what was there", async () => {
    meanwhile = () => put("new")
    const stage = source(file, nothing)
    expect(await lookAt(stage)).toMatchObject({ status: "executed" })
    meanwhile = () => {}
    expect((await lab.plan(graphOf(stage)))[0]!.state).toBe("stale")
    put("old")
    expect((await lab.plan(graphOf(stage)))[0]!.state).toBe("fresh")
  })
})

describe("a dump that is written anew while it is imported", () => {
  const values = (from: number) =>
    encodeNpy(
      [2, 2],
      Float32Array.from({ length: 4 }, (_, i) => from + i)
    )
  const dump = () => {
    const names = ["a", "b", "c"]
    const items = [0, 1].flatMap((row) =>
      names.map((name) => ({
        id: `${name}${row}`,
        token: "cls",
        taps: { embed: { file: `${name}.npy`, row } }
      }))
    )
    put(JSON.stringify({ format: 1, items }), "manifest.json")
    names.forEach((name, i) => put(values(10 * i), `${name}.npy`))
    return lab.graph({
      dump: importActivations("dump", { manifest: { path: join(folder, "manifest.json") } })
    })
  }
  /** Does something once, as soon as a file of the dump is hashed. */
  const when = (name: string, then: () => void): NonNullable<LabOptions["files"]> => {
    let isDone = false
    return (calls) => ({
      ...calls,
      readRange: (at, ...range) => {
        if (!isDone && at === join(folder, name)) {
          isDone = true
          then()
        }
        return calls.readRange(at, ...range)
      }
    })
  }

  it.each([
    ["stays so", () => {}],
    ["is put back", () => put(values(0), "a.npy")]
  ])("and %s is not stored under the digest of what was there before", async (_, after) => {
    const graph = dump()
    const files: LabOptions["files"] = (calls) =>
      when("c.npy", after)(when("b.npy", () => put(values(500), "a.npy"))(calls))
    const { run } = await lab.run(graph, { files })
    expect(run.nodes[0]).toMatchObject({
      status: "failed",
      artifact: null,
      error: `${join(folder, "a.npy")} changed while the source read it`
    })
    put(values(0), "a.npy")
    expect((await lab.plan(graph))[0]!.state).toBe("missing")
    expect((await lab.run(graph)).run.nodes[0]).toMatchObject({ status: "executed" })
    expect((await lab.run(graph)).run.nodes[0]).toMatchObject({ status: "cached" })
  })
})

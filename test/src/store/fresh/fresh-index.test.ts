/** Answers are believed as long as the files that they speak of are those that were read, and no longer. */
import { readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { Graph } from "../../../../src/pipeline/graph.ts"
import { readLargeCache, writeLargeCache } from "../../../../src/store/fresh/cache-file.ts"
import { leaveMark } from "../../../../src/store/files/gc-mark.ts"
import { type FileSystem, nodeFileSystem } from "../../../../src/store/files/file-system.ts"
import { layout } from "../../../../src/store/files/layout.ts"
import { coarse, crashGraph, executedIn, Lab, numbers, sum, total } from "../../run/lab.ts"

let lab: Lab
let graph: Graph
beforeEach(async () => {
  lab = new Lab()
  graph = crashGraph(lab)
  await lab.run(graph)
})
afterEach(() => lab.close())

const at = () => layout(join(lab.folder, "store"))
const filesIn = (folder: string) =>
  readdirSync(join(lab.folder, "store", folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
/** What a plan opens: traces and manifests are JSON, objects are not. */
async function opened(): Promise<ReadonlyArray<string>> {
  const read: Array<string> = []
  const files = (real: FileSystem): FileSystem => ({
    ...real,
    read: (path) => (read.push(path), real.read(path)),
    readIfPresent: (path) => (read.push(path), real.readIfPresent(path)),
    list: (path) => (read.push(path), real.list(path))
  })
  const plans = await lab.plan(graph, { files })
  expect(plans.map(({ state }) => state)).toEqual(graph.nodes.map(() => "fresh"))
  return read.filter((path) => /traces|manifests/.test(path))
}
const states = async () =>
  Object.fromEntries((await lab.plan(graph)).map(({ node, state }) => [node.id, state]))

describe("where all is fresh", () => {
  it("neither a trace nor a manifest is opened, and no folder is listed", async () => {
    expect(await opened()).toEqual([])
  })
  it("all is as fresh without the answers, and the next run makes them again", async () => {
    rmSync(at().answers)
    expect((await opened()).length).toBeGreaterThan(graph.nodes.length)
    await lab.run(graph)
    expect(await opened()).toEqual([])
  })
  it.each(["", "{", '{"format":2}\n["x"]', '{"format":1}\n["'])(
    "a file that holds %j answers nothing",
    async (text) => {
      writeFileSync(at().answers, text)
      expect((await opened()).length).toBeGreaterThan(0)
    }
  )
})

describe("an answer is not believed", () => {
  const nodeOf = (stage: string) => graph.nodes.find((node) => node.stage.name === stage)!.id
  const traceOf = (stage: string) => filesIn(`traces/${stage}`).find((file) => !file.includes("/items/"))!

  it("when its trace is gone", async () => {
    rmSync(traceOf("total"))
    expect((await states())[nodeOf("total")]).toBe("missing")
  })
  it("when its trace is another file, and the file says something else", async () => {
    const file = traceOf("total")
    const { mtime } = statSync(file)
    const text = readFileSync(file, "utf8").replace(/,"check".*/s, "}\n")
    writeFileSync(file, text.replace(/"artifact":"\w+"/, `"artifact":"${"0".repeat(64)}"`))
    utimesSync(file, mtime, mtime)
    expect((await states())[nodeOf("total")]).toBe("stale")
  })
  it("when its manifest is gone, or torn", async () => {
    const file = filesIn("manifests").find((one) => readFileSync(one, "utf8").includes('"total"'))!
    writeFileSync(file, readFileSync(file, "utf8").slice(0, 100))
    expect((await states())[nodeOf("total")]).toBe("stale")
    rmSync(file)
    expect((await states())[nodeOf("total")]).toBe("stale")
  })
  it("when an object is gone, or has lost a byte", async () => {
    const fresh = await states()
    const manifests = filesIn("manifests")
      .map((file) => readFileSync(file, "utf8"))
      .join("")
    const named = filesIn("objects").filter((file) => manifests.includes(basename(file).split(".")[0]!))
    for (const file of named.slice(0, 6)) {
      const content = readFileSync(file)
      rmSync(file)
      expect(await states(), file).not.toEqual(fresh)
      writeFileSync(file, content.subarray(1))
      expect(await states(), file).not.toEqual(fresh)
      writeFileSync(file, content)
      expect(await states(), file).toEqual(fresh)
    }
  })
  it("when a byte of it is damaged: not even by half, which would be worse", async () => {
    const plans = async () =>
      (await lab.plan(graph)).map(({ state, key, known }) => ({ state, key, manifest: known?.manifest }))
    const whole = readFileSync(at().answers)
    const [before] = [await plans(), rmSync(at().answers)]
    // digits of digests, of counts and of times, in all of the lines
    const digits = [...whole.entries()].filter(([, byte]) => byte >= 0x30 && byte <= 0x39).map(([i]) => i)
    for (const i of digits.filter((_, n) => n % Math.ceil(digits.length / 60) === 0)) {
      const bytes = Uint8Array.from(whole)
      bytes[i]! ^= 1
      writeFileSync(at().answers, bytes)
      expect(await plans(), `byte ${i}`).toEqual(before)
    }
  })
  it("when a file that a source has read is another", async () => {
    lab.writeItems({ i0: [7, 1] })
    expect((await states())["source"]).toBe("stale")
  })
})

describe("the manifests that a run takes by their answers", () => {
  const renewedBy = async (files: (files: FileSystem) => FileSystem) => {
    const old = new Date(0)
    const manifests = filesIn("manifests")
    for (const file of manifests) utimesSync(file, old, old)
    const { run } = await lab.run(graph, { files })
    const named = run.nodes.every(({ artifact }) => manifests.some((file) => file.includes(artifact!)))
    return {
      named,
      renewed: manifests.filter((file) => statSync(file).mtimeMs !== 0).length,
      of: manifests.length
    }
  }
  it("are in its record, which is what keeps them", async () => {
    expect(await renewedBy((files) => files)).toMatchObject({ named: true, renewed: 0 })
  })
  it("are renewed one by one where a gc came before that was written", async () => {
    let hasCome = false
    const { named, renewed, of } = await renewedBy((files) => ({
      ...files,
      statFile(file) {
        if (!hasCome && file.includes("/manifests/")) {
          hasCome = true
          leaveMark(files, at())
        }
        return files.statFile(file)
      }
    }))
    expect([named, renewed]).toEqual([true, of])
  })
  it("are not renewed by who looks only", async () => {
    const old = new Date(0)
    for (const file of filesIn("manifests")) utimesSync(file, old, old)
    await lab.plan(graph)
    expect(filesIn("manifests").every((file) => statSync(file).mtimeMs === 0)).toBe(true)
  })
})

it("another answer to the same key counts from then on", async () => {
  const { run } = await lab.run(graph, { force: [nodeId("total")] })
  expect(executedIn(run)).toEqual([nodeId("total")])
  const plan = (await lab.plan(graph)).find(({ node }) => node.stage.name === "total")
  expect(plan!.trace!.run).toBe(run.id)
})
const nodeId = (stage: string) => graph.nodes.find((node) => node.stage.name === stage)!.id

it("answers of others are kept, but not for ever", async () => {
  const files = nodeFileSystem()
  const [head, ...lines] = readLargeCache(files, at().answers)!.split("\n")
  const others = Array.from({ length: 3000 }, (_, i) =>
    lines[0]!.replace(/[0-9a-f]{64}/, String(i).padStart(64, "0"))
  )
  writeLargeCache(files, at().answers, [head, ...others, ...lines].join("\n"))
  // something new, so that the file is written again
  const source = numbers("source", { file: { path: lab.writeItems({ i0: [1, 1] }) } })
  const halves = coarse("halves", { of: source, step: 2 })
  await lab.run(lab.graph({ total: total("total", { of: [halves, sum("sum", { x: halves, y: source })] }) }))
  const left = readFileSync(at().answers, "utf8").split("\n").length
  expect(left).toBeGreaterThan(1000)
  expect(left).toBeLessThan(1100)
})

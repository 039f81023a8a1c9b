/**
 * The laws that are not a matter of chance: kills at every write, two runs at once, failures, what the user asks for.
 * Random worlds are in random-worlds.test.ts, kills by signal in crash.test.ts.
 */
import { join } from "node:path"
import { afterEach, describe, expect, it } from "vitest"
import { column, defineStage, each, failed, one, seededRandom } from "../../../src/index.ts"
import { nodeFileSystem } from "../../../src/store/files/file-system.ts"
import { artifactsOf, coarse, executedIn, Lab, numbers, spread, total } from "./lab.ts"
import { Model } from "./model.ts"
import { build, newWorld } from "./worlds.ts"

const labs: Array<Lab> = []
const newLab = () => {
  const lab = new Lab()
  labs.push(lab)
  return lab
}
afterEach(() => {
  for (const lab of labs.splice(0)) lab.close()
})

describe("two runs at once", () => {
  it("two runs over one store at once both end well and agree, and nothing is computed twice", async () => {
    for (let seed = 0; seed < 5; seed++) {
      const world = newWorld(seededRandom("two", seed))
      const lab = newLab()
      const graph = build(lab, world)
      const runs = await Promise.all([lab.run(graph, { jobs: 4 }), lab.run(graph, { jobs: 4 })])
      for (const { run } of runs) expect(run.status).toBe("ok")
      expect(artifactsOf(runs[0]!.run)).toEqual(artifactsOf(runs[1]!.run))
      const { work, needed } = new Model().step(world)
      const executed = runs.flatMap(({ run }) => run.nodes).filter(({ id }) => id !== "source")
      const pieces = [...needed].filter((key) => key !== work.get("source")![0])
      expect(executed.reduce((total, { items }) => total + items.executed, 0)).toBe(pieces.length)
      expect(runs.filter(({ run }) => executedIn(run).includes("source"))).toHaveLength(1)
    }
  })

  it("a run that may not wait for a lock fails, and says who holds it", async () => {
    const lab = newLab()
    const graph = build(lab, newWorld(seededRandom("wait", 1)))
    const results = await Promise.allSettled([
      lab.run(graph, { lockWait: false }),
      lab.run(graph, { lockWait: false })
    ])
    const refused = results.filter(({ status }) => status === "rejected") as Array<PromiseRejectedResult>
    expect(refused).toHaveLength(1)
    expect(refused[0]!.reason).toMatchObject({ _tag: "StoreLocked", exitCode: 4 })
  })
})

describe("failures", () => {
  it("a failed item is a value: the others go on, whole stages wait, --keep-going goes on and marks what is incomplete", async () => {
    const lab = newLab()
    const path = join(lab.folder, "items.json")
    // JSON reads 1e999 as Infinity, which `coarse` refuses
    nodeFileSystem().write(path, '{"i0":[4,1],"i1":[1e999,2],"i2":[9,3]}')
    const source = numbers("source", { file: { path } })
    const halves = coarse("halves", { of: source, step: 2 })
    const graph = lab.graph({ total: total("total", { of: [halves] }) })
    const first = await lab.run(graph)
    expect(first.run.status).toBe("failed")
    const [, node, whole] = first.run.nodes
    expect(node).toMatchObject({
      id: "halves",
      status: "failed",
      items: { total: 3, executed: 2, failed: 1 },
      failures: [{ item: "i1", error: "not a number" }],
      incomplete: true
    })
    expect(whole).toMatchObject({ id: "total", status: "skipped" })

    // known and not tried again, and still a failure
    const second = await lab.run(graph)
    expect(second.run.nodes[1]).toMatchObject({
      status: "failed",
      items: { executed: 0, cached: 2, failed: 1 }
    })
    expect(second.run.status).toBe("failed")

    const third = await lab.run(graph, { keepGoing: true })
    expect(third.run.nodes[2]).toMatchObject({ status: "executed", incomplete: true })
    expect(third.run.status).toBe("failed")

    const retried = await lab.run(graph, { keepGoing: true, retryFailed: true })
    expect(retried.run.nodes[1]).toMatchObject({
      status: "failed",
      items: { executed: 0, cached: 2, failed: 1 }
    })
    expect(retried.events.filter(({ type }) => type === "item-failed")).toHaveLength(1)
    expect(third.events.filter(({ type }) => type === "item-failed")).toHaveLength(0)
  })
  it("the reason of a failure is that of the stage that failed, though another failed the same item for another", async () => {
    const lab = newLab()
    const path = join(lab.folder, "items.json")
    nodeFileSystem().write(path, '{"i0":[4,1],"i1":[3,2]}')
    const picky = (why: string) =>
      defineStage.itemwise("picky", {
        inputs: { of: each({ a: column.float64() }) },
        output: one({ a: column.float64() }),
        compute: (items) => items.map(({ of: { a } }) => (a === 3 ? failed(why) : { a }))
      })
    const graphOf = (why: string, version: number) => {
      lab.versions.set("picky", version)
      return lab.graph({ out: picky(why)("p", { of: numbers("source", { file: { path } }) }) })
    }
    const reason = async (why: string, version: number) =>
      (await lab.run(graphOf(why, version))).run.nodes[1]!.failures[0]!.error
    expect(await reason("three is odd", 1)).toBe("three is odd")
    expect(await reason("three is unlucky", 2)).toBe("three is unlucky")
    expect(await reason("three is odd", 1)).toBe("three is odd")
    // asked to try again, the plan says why it would
    const plans = await lab.plan(graphOf("three is odd", 1), { retryFailed: true })
    expect(plans[1]!.cues).toMatchObject([{ cue: "failed", path: "i1", before: "three is odd" }])
  })
  it("an item that is mended is no failure any more", async () => {
    const lab = newLab()
    const path = join(lab.folder, "items.json")
    const graph = () =>
      lab.graph({
        total: total("total", { of: [coarse("c", { of: numbers("source", { file: { path } }), step: 2 })] })
      })
    nodeFileSystem().write(path, '{"i0":[4,1],"i1":[1e999,2]}')
    expect((await lab.run(graph())).run.status).toBe("failed")
    lab.writeItems({ i0: [4, 1], i1: [5, 2] })
    expect((await lab.run(graph())).run.status).toBe("ok")
  })
})

describe("a run without work", () => {
  it("opens neither tables nor tensors", async () => {
    const lab = newLab()
    const graph = build(lab, newWorld(seededRandom("no work", 3)))
    const { run } = await lab.run(graph)
    const again = await lab.run(graph, { files: refuseTensorReads })
    expect(executedIn(again.run)).toEqual([])
    expect(artifactsOf(again.run)).toEqual(artifactsOf(run))
  })
})

/** A no-op must not open data: neither tables nor tensors. */
function refuseTensorReads(files: ReturnType<typeof nodeFileSystem>) {
  const refuse = (path: string) => {
    if (/\.(parquet|arrow)$/.test(path)) throw new Error(`a run without work read ${path}`)
  }
  return {
    ...files,
    read: (path: string) => (refuse(path), files.read(path)),
    readIfPresent: (path: string) => (refuse(path), files.readIfPresent(path)),
    readRange: (path: string, at: number, length: number) => (refuse(path), files.readRange(path, at, length))
  }
}

describe("what the user asks for", () => {
  it("--force computes a node again, and what is below only if its values changed", async () => {
    const lab = newLab()
    const source = numbers("source", { file: { path: lab.writeItems({ i0: [4, 1] }) } })
    const graph = lab.graph({ total: total("total", { of: [coarse("c", { of: source, step: 2 })] }) })
    await lab.run(graph)
    expect((await lab.plan(graph, { force: ["c"] })).map(({ state }) => state)).toEqual([
      "fresh",
      "stale",
      "unknown"
    ])
    const { run } = await lab.run(graph, { force: ["c"] })
    expect(executedIn(run)).toEqual(["c"])
  })
  it("a node beside one that failed is not called incomplete", async () => {
    const lab = newLab()
    const path = join(lab.folder, "items.json")
    nodeFileSystem().write(path, '{"i0":[4,1],"i1":[1e999,2]}')
    const source = numbers("source", { file: { path } })
    const graph = lab.graph({
      bad: coarse("bad", { of: source, step: 2 }),
      good: spread("good", { of: source })
    })
    await lab.run(graph, { keepGoing: true })
    const plans = await lab.plan(graph)
    expect(plans.map(({ node, known }) => [node.id, known?.incomplete])).toEqual([
      ["source", false],
      ["bad", true],
      ["good", false]
    ])
  })
})

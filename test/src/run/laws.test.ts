/**
 * The laws, over random graphs and random edits, against a model that computes everything plainly.
 *
 * The model remembers each node's answer by what its function really read: stage, version, parameters, and the values
 * of the columns that its ports name. What it has not seen is what a run may execute, no more and no less.
 */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { afterEach, describe, expect, it } from "vitest"
import { below, pick, type Random, seededRandom } from "../../../src/index.ts"
import type { Graph } from "../../../src/pipeline/graph.ts"
import type { AnyRef } from "../../../src/pipeline/stage.ts"
import { nodeFileSystem } from "../../../src/store/file-system.ts"
import {
  artifactsOf,
  coarse,
  executedIn,
  gathered,
  type Items,
  Lab,
  numbers,
  spread,
  sum,
  total
} from "./lab.ts"

const worlds = Number(process.env["PROBELINE_WORLDS"] ?? 40)
const labs: Array<Lab> = []
const newLab = () => {
  const lab = new Lab()
  labs.push(lab)
  return lab
}
afterEach(() => {
  for (const lab of labs.splice(0)) lab.close()
})

// ---- a world: items in a file, and a recipe of nodes ---------------------------------------------------------------
type Step =
  | { readonly kind: "coarse"; readonly of: number; readonly step: number }
  | { readonly kind: "sum"; readonly x: number; readonly y: number }
  | { readonly kind: "gather"; readonly of: number }
interface World {
  items: Items
  /** step i makes node `s<i>`; number −1 is the source, others are earlier steps */
  steps: Array<Step>
  /** which nodes `total` takes */
  totals: Array<number>
  versions: Record<string, number>
}
const value = (random: Random): readonly [number, number] => [below(random, 40), below(random, 6)]
function newWorld(random: Random): World {
  const count = 1 + below(random, 7)
  const items = Object.fromEntries(Array.from({ length: count }, (_, i) => [`i${i}`, value(random)]))
  const steps = Array.from({ length: 1 + below(random, 6) }, (_, i) => newStep(random, i))
  const totals = [
    ...new Set(Array.from({ length: 1 + below(random, 3) }, () => below(random, steps.length + 1) - 1))
  ]
  return { items, steps, totals, versions: {} }
}
function newStep(random: Random, i: number): Step {
  const earlier = () => below(random, i + 1) - 1
  const kind = pick(random, ["coarse", "sum", "gather"] as const)
  if (kind === "coarse") return { kind, of: earlier(), step: 1 + below(random, 5) }
  return kind === "sum" ? { kind, x: earlier(), y: earlier() } : { kind, of: earlier() }
}
/** One edit of the world; it may well change nothing that matters. */
function edit(world: World, random: Random): string {
  const ids = Object.keys(world.items)
  switch (below(random, 7)) {
    case 0: {
      const id = pick(random, ids)
      world.items = { ...world.items, [id]: value(random) }
      return `${id} changes`
    }
    case 1: {
      const id = pick(random, ids)
      const [a, b] = world.items[id]!
      world.items = { ...world.items, [id]: [a, (b + 1) % 6] }
      return `b of ${id} changes`
    }
    case 2:
      world.items = { ...world.items, [`i${ids.length}x`]: value(random) }
      return "an item comes"
    case 3: {
      if (ids.length > 1) {
        const { [ids[0]!]: _gone, ...rest } = world.items
        world.items = rest
      }
      return "an item goes"
    }
    case 4: {
      const i = below(random, world.steps.length)
      world.steps[i] = newStep(random, i)
      return `step ${i} changes`
    }
    case 5: {
      const stage = pick(random, ["coarse", "sum", "gathered", "spread", "total", "numbers"])
      world.versions = { ...world.versions, [stage]: below(random, 3) }
      return `code of ${stage} changes`
    }
    default:
      world.items = Object.fromEntries(Object.entries(world.items).toReversed())
      return "the order of items changes"
  }
}
function build(lab: Lab, world: World): Graph {
  for (const [stage, version] of Object.entries(world.versions)) lab.versions.set(stage, version)
  const source = numbers("source", { file: { path: lab.writeItems(world.items) } })
  const made: Array<AnyRef> = []
  const at = (i: number) => (i < 0 ? source : made[i]!) as typeof source
  for (const [i, step] of world.steps.entries())
    made.push(
      step.kind === "coarse"
        ? coarse(`s${i}`, { of: at(step.of), step: step.step })
        : step.kind === "sum"
          ? sum(`s${i}`, { x: at(step.x), y: at(step.y) })
          : gathered(`s${i}`, { of: spread(`s${i}.spread`, { of: at(step.of) }) })
    )
  return lab.graph({ total: total("total", { of: world.totals.map(at) }), all: [source, ...made] as never })
}

// ---- the model -------------------------------------------------------------------------------------------------------
type Values = {
  readonly ids: ReadonlyArray<string>
  readonly a: ReadonlyArray<number>
  readonly b: ReadonlyArray<number>
}
class Model {
  readonly #seen = new Set<string>()
  /**
   * Every node's pieces of work (an itemwise node has one an item), and those that were never done before. Two nodes
   * may share a piece.
   */
  step(world: World): {
    readonly work: ReadonlyMap<string, ReadonlyArray<string>>
    readonly needed: ReadonlySet<string>
  } {
    const needed = new Set<string>()
    const work = new Map<string, ReadonlyArray<string>>()
    const need = (node: string, stage: string, pieces: ReadonlyArray<unknown>) => {
      const keys = pieces.map((read) => JSON.stringify([stage, world.versions[stage] ?? 0, read]))
      work.set(node, keys)
      for (const key of keys) if (!this.#seen.has(key)) needed.add(key)
    }
    const entries = Object.entries(world.items)
    need("source", "numbers", [entries])
    const source: Values = {
      ids: entries.map(([id]) => id),
      a: entries.map(([, [a]]) => a),
      b: entries.map(([, [, b]]) => b)
    }
    const made: Array<Values> = []
    const at = (i: number) => (i < 0 ? source : made[i]!)
    for (const [i, step] of world.steps.entries()) {
      if (step.kind === "coarse") {
        const { ids, a } = at(step.of)
        need(
          `s${i}`,
          "coarse",
          ids.map((id, k) => [step.step, id, a[k]])
        )
        made.push({ ids, a: a.map((one) => Math.floor(one / step.step)), b: a.map(() => step.step) })
      } else if (step.kind === "sum") {
        const [x, y] = [at(step.x), at(step.y)]
        need(
          `s${i}`,
          "sum",
          x.ids.map((id, k) => [id, x.a[k], y.b[k]])
        )
        made.push({ ids: x.ids, a: x.a.map((one, k) => one + y.b[k]!), b: x.a })
      } else {
        const { ids, b } = at(step.of)
        need(
          `s${i}.spread`,
          "spread",
          ids.map((id, k) => [id, b[k]])
        )
        const groups = b.map((one) => Array.from({ length: Math.abs(one) % 3 }, (_, k) => one + k))
        need(
          `s${i}`,
          "gathered",
          ids.map((id, k) => [id, groups[k]])
        )
        made.push({ ids, a: groups.map((g) => g.reduce((s, v) => s + v, 0)), b: groups.map((g) => g.length) })
      }
    }
    need("total", "total", [world.totals.map((i) => [at(i).ids, at(i).a])])
    for (const key of needed) this.#seen.add(key)
    return { work, needed }
  }
}

// ---- the laws --------------------------------------------------------------------------------------------------------
describe("over random worlds and edits", () => {
  it(`a run executes exactly what changed, and what it made equals what a fresh store makes (${worlds} worlds)`, async () => {
    for (let seed = 0; seed < worlds; seed++) {
      const random = seededRandom("laws", seed)
      const world = newWorld(random)
      const [lab, model] = [newLab(), new Model()]
      for (let step = 0; step < 4; step++) {
        const what = step === 0 ? "the first run" : edit(world, random)
        const graph = build(lab, world)
        const plans = await lab.plan(graph)
        const jobs = 1 + below(random, 8)
        const { run } = await lab.run(graph, { jobs })
        const place = `world ${seed}, step ${step}: ${what}`
        expect(run.status, place).toBe("ok")
        // law 2 and 3: exactly what the model needs, item by item, and nothing twice
        const { work, needed } = model.step(world)
        const counted = run.nodes.reduce((sum, { items }) => sum + items.executed, 0)
        const sources = work.get("source")!.some((key) => needed.has(key))
          ? Object.keys(world.items).length - 1
          : 0
        expect(counted - sources, place).toBe(needed.size)
        for (const { id, items } of run.nodes) {
          const mine = id === "source" ? 0 : work.get(id)!.filter((key) => needed.has(key)).length
          if (id !== "source") expect(items.executed, `${place}, ${id}`).toBeLessThanOrEqual(mine)
        }
        // law 10: the plan never called fresh what ran, nor anything else what it knew to be fresh
        for (const { node, state } of plans) {
          const { status } = run.nodes.find(({ id }) => id === node.id)!
          if (state === "fresh") expect(status, `${place}, ${node.id}`).toBe("cached")
        }
        // law 8 and 2: another store, another order of work, the same values
        if (step === 3) {
          const other = newLab()
          const fresh = await other.run(build(other, world), { jobs: 1 + below(random, 8) })
          expect(artifactsOf(fresh.run), place).toEqual(artifactsOf(run))
        }
        // law 1: at once again, nothing
        const again = await lab.run(graph, { files: refuseTensorReads })
        expect(executedIn(again.run), place).toEqual([])
        expect(artifactsOf(again.run), place).toEqual(artifactsOf(run))
      }
      for (const one of labs.splice(0)) one.close()
    }
  })

  it("a killed run leaves nothing torn, and the next finishes with the same artifacts, whatever write it died at", async () => {
    const random = seededRandom("killed", 1)
    const world = newWorld(random)
    world.steps = [
      { kind: "coarse", of: -1, step: 3 },
      { kind: "gather", of: 0 }
    ]
    world.totals = [1]
    const undisturbed = newLab()
    let writes = 0
    const counted = await undisturbed.run(build(undisturbed, world), {
      files: failAt(Infinity, () => writes++)
    })
    expect(writes).toBeGreaterThan(40)
    for (let n = 0; n < writes; n++) {
      const lab = newLab()
      const graph = build(lab, world)
      await expect(lab.run(graph, { files: failAt(n, () => {}) }), `write ${n}`).rejects.toThrow()
      const { run } = await lab.run(graph)
      expect(run.status, `write ${n}`).toBe("ok")
      expect(artifactsOf(run), `write ${n}`).toEqual(artifactsOf(counted.run))
      expect(executedIn((await lab.run(graph)).run), `write ${n}`).toEqual([])
      lab.close()
    }
  })

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

// ---- file systems that fail ------------------------------------------------------------------------------------------
const mutating = [
  "makeFolder",
  "write",
  "append",
  "rename",
  "syncFolder",
  "link",
  "pointer",
  "remove"
] as const
/** Dies at mutating call n and at all that follow, as a killed process does; half of a write reaches the disk. */
function failAt(n: number, onCall: () => void) {
  return (files: ReturnType<typeof nodeFileSystem>) => {
    let calls = 0
    const dead = { ...files }
    for (const name of mutating) {
      const call = files[name].bind(files) as (...args: Array<never>) => void
      ;(dead as Record<string, unknown>)[name] = (...args: Array<never>) => {
        onCall()
        if (calls++ < n) return call(...args)
        if (name === "write" && calls === n + 1) {
          const [path, content] = args as unknown as [string, Uint8Array | string]
          mkdirSync(join(path, ".."), { recursive: true })
          files.write(path, content.slice(0, content.length >> 1))
        }
        throw Object.assign(new Error(`killed at write ${n}`), { code: "EIO" })
      }
    }
    return dead
  }
}
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

/**
 * Random worlds: items in a file, a recipe of nodes, edits of both, and a model that says what a run must do.
 *
 * The model computes everything plainly. It remembers each piece of work by what its function really read: stage,
 * version, parameters, and the values of the columns that its ports name. What it has not seen is what a run may
 * execute, no more and no less.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { below, pick, type Random } from "../../../src/index.ts"
import type { Graph } from "../../../src/pipeline/graph.ts"
import type { AnyRef } from "../../../src/pipeline/stage.ts"
import { coarse, gathered, type Items, type Lab, numbers, spread, sum, total } from "./lab.ts"

// ---- a world: items in a file, and a recipe of nodes ---------------------------------------------------------------
type Step =
  | { readonly kind: "coarse"; readonly of: number; readonly step: number }
  | { readonly kind: "sum"; readonly x: number; readonly y: number }
  | { readonly kind: "gather"; readonly of: number }
export interface World {
  items: Items
  /** step i makes node `s<i>`; number −1 is the source, others are earlier steps */
  steps: Array<Step>
  /** which nodes `total` takes */
  totals: Array<number>
  versions: Record<string, number>
}
/** Now and then an `a` that the stage `coarse` refuses, if the world may fail. */
const value = (random: Random, failing = false): readonly [number, number] => [
  failing && below(random, 6) === 0 ? Infinity : below(random, 40),
  below(random, 6)
]
export function newWorld(random: Random, failing = false): World {
  const count = 1 + below(random, 7)
  const items = Object.fromEntries(Array.from({ length: count }, (_, i) => [`i${i}`, value(random, failing)]))
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
export function edit(world: World, random: Random, failing = false): string {
  const ids = Object.keys(world.items)
  switch (below(random, 7)) {
    case 0: {
      const id = pick(random, ids)
      world.items = { ...world.items, [id]: value(random, failing) }
      return `${id} changes`
    }
    case 1: {
      const id = pick(random, ids)
      const [a, b] = world.items[id]!
      world.items = { ...world.items, [id]: [a, (b + 1) % 6] }
      return `b of ${id} changes`
    }
    case 2:
      world.items = { ...world.items, [`i${ids.length}x`]: value(random, failing) }
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
export function build(lab: Lab, world: World): Graph {
  for (const [stage, version] of Object.entries(world.versions)) lab.versions.set(stage, version)
  const source = numbers("source", { file: { path: writeItems(lab, world.items) } })
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

/** Chunks of other sizes from here on: they are the scheduler's affair, and must show nowhere. */
export function varyChunks(random: Random): void {
  for (const { stage } of [coarse, sum, spread, gathered])
    (stage.spec as { chunk?: number }).chunk = 1 + below(random, 5)
}

/** JSON has no infinity, but reads 1e999 as one. */
function writeItems(lab: Lab, items: Items): string {
  const path = join(lab.folder, "items.json")
  const number = (value: number) => (value === Infinity ? "1e999" : String(value))
  const entries = Object.entries(items).map(
    ([id, [a, b]]) => `${JSON.stringify(id)}:[${number(a)},${number(b)}]`
  )
  writeFileSync(path, `{${entries.join(",")}}`)
  return path
}

// ---- the model -------------------------------------------------------------------------------------------------------
interface Values {
  readonly ids: ReadonlyArray<string>
  readonly a: ReadonlyArray<number>
  readonly b: ReadonlyArray<number>
  /** items that failed here */
  readonly failed: ReadonlyArray<string>
}
export interface Expected {
  /** pieces of work by node, those that fail left out: an itemwise node has one an item, the source one for all */
  readonly work: ReadonlyMap<string, ReadonlyArray<string>>
  /** pieces that were never done before; two nodes may share a piece */
  readonly needed: ReadonlySet<string>
  /** pieces that fail, and were never tried before */
  readonly failing: ReadonlySet<string>
  /** does anything in the world fail? */
  readonly fails: boolean
}
const keyOf = (...parts: ReadonlyArray<unknown>) =>
  JSON.stringify(parts, (_, value: unknown) => (typeof value === "number" ? String(value) : value))

export class Model {
  readonly #seen = new Set<string>()

  step(world: World): Expected {
    const needed = new Set<string>()
    const failing = new Set<string>()
    const work = new Map<string, ReadonlyArray<string>>()
    let fails = false
    const piece = (stage: string, read: unknown) => keyOf(stage, world.versions[stage] ?? 0, read)
    const need = (node: string, stage: string, pieces: ReadonlyArray<unknown>) => {
      const keys = pieces.map((read) => piece(stage, read))
      work.set(node, keys)
      for (const key of keys) if (!this.#seen.has(key)) needed.add(key)
    }
    const entries = Object.entries(world.items)
    need("source", "numbers", [entries])
    const source: Values = {
      ids: entries.map(([id]) => id),
      a: entries.map(([, [a]]) => a),
      b: entries.map(([, [, b]]) => b),
      failed: []
    }
    const made: Array<Values> = []
    const at = (i: number) => (i < 0 ? source : made[i]!)
    for (const [i, step] of world.steps.entries()) {
      if (step.kind === "coarse") {
        const { ids, a } = at(step.of)
        const good = ids.flatMap((_, k) => (Number.isFinite(a[k]) ? [k] : []))
        const failed = ids.filter((_, k) => !Number.isFinite(a[k]))
        need(
          `s${i}`,
          "coarse",
          good.map((k) => [step.step, ids[k], a[k]])
        )
        for (const id of failed) {
          const key = piece("coarse", [step.step, id, Infinity])
          fails = true
          if (!this.#seen.has(key)) failing.add(key)
        }
        made.push({
          ids: good.map((k) => ids[k]!),
          a: good.map((k) => Math.floor(a[k]! / step.step)),
          b: good.map(() => step.step),
          failed
        })
      } else if (step.kind === "sum") {
        const [x, y] = [at(step.x), at(step.y)]
        const ids = x.ids.filter((id) => y.ids.includes(id))
        const [xa, yb] = [ids.map((id) => x.a[x.ids.indexOf(id)]!), ids.map((id) => y.b[y.ids.indexOf(id)]!)]
        need(
          `s${i}`,
          "sum",
          ids.map((id, k) => [id, xa[k], yb[k]])
        )
        made.push({ ids, a: xa.map((one, k) => one + yb[k]!), b: xa, failed: [] })
      } else {
        const { ids, b } = at(step.of)
        need(
          `s${i}.spread`,
          "spread",
          ids.map((id, k) => [id, b[k]])
        )
        const groups = b.map((one) => Array.from({ length: Math.abs(one) % 3 || 0 }, (_, k) => one + k))
        need(
          `s${i}`,
          "gathered",
          ids.map((id, k) => [id, groups[k]])
        )
        const sums = groups.map((g) => g.reduce((all, v) => all + v, 0))
        made.push({ ids, a: sums, b: groups.map((g) => g.length), failed: [] })
      }
    }
    need("total", "total", [world.totals.map((i) => [at(i).ids, at(i).a, at(i).failed])])
    for (const key of [...needed, ...failing]) this.#seen.add(key)
    return { work, needed, failing, fails }
  }
}

/** Random worlds: items in a file, a recipe of nodes, and edits of both. `model.ts` says what a run of them must do. */
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

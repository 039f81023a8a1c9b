/** Random worlds: items in a file, a recipe of nodes, and edits of both. `model.ts` says what a run of them must do. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { below, pick, type Random } from "../../../src/index.ts"
import type { Graph } from "../../../src/pipeline/graph.ts"
import type { AnyRef } from "../../../src/pipeline/stage.ts"
import {
  coarse,
  fits,
  fitted,
  gathered,
  type Items,
  type Lab,
  numbers,
  spread,
  sum,
  taps,
  total
} from "./lab.ts"
import type { MemberOfTaps } from "./member-stages.ts"

// ---- a world: items in a file, and a recipe of nodes ---------------------------------------------------------------
type Step =
  | { readonly kind: "coarse"; readonly of: number; readonly step: number }
  | { readonly kind: "sum"; readonly x: number; readonly y: number }
  | { readonly kind: "gather"; readonly of: number }
  | {
      /** fits of the members of a family of tensors */
      readonly kind: "fits"
      readonly of: number
      readonly members: ReadonlyArray<MemberOfTaps>
      /** names that are listed, but that no member has */
      readonly absent: ReadonlyArray<string>
    }
export interface World {
  items: Items
  /** step i makes node `s<i>`; number −1 is the source, others are earlier steps */
  steps: Array<Step>
  /** which nodes `total` takes */
  totals: Array<number>
  versions: Record<string, number>
}
/** A step whose items are those of the source: in place of fits, what their tensors are made of. */
export function sourcedStep({ steps }: Pick<World, "steps">, i: number): number {
  let at = i
  for (let step = steps[at]; step?.kind === "fits"; step = steps[at]) at = step.of
  return at
}
/** Now and then an `a` that the stage `coarse` refuses, if the world may fail. */
const value = (random: Random, failing = false): readonly [number, number] => [
  failing && below(random, 6) === 0 ? Infinity : below(random, 40),
  below(random, 6)
]
export function newWorld(random: Random, failing = false): World {
  const count = 1 + below(random, 7)
  const items = Object.fromEntries(Array.from({ length: count }, (_, i) => [`i${i}`, value(random, failing)]))
  const steps = Array.from({ length: 1 + below(random, 6) }, (_, i) => newStep(random, i, failing))
  const totals = [
    ...new Set(Array.from({ length: 1 + below(random, 3) }, () => below(random, steps.length + 1) - 1))
  ]
  return { items, steps, totals, versions: {} }
}
function newStep(random: Random, i: number, failing: boolean): Step {
  const earlier = () => below(random, i + 1) - 1
  const kind = pick(random, ["coarse", "sum", "gather", "fits"] as const)
  if (kind === "fits") {
    const members = Array.from({ length: 1 + below(random, 3) }, (_, k) => newMember(random, k))
    return { kind, of: earlier(), members, absent: absentNames(random, failing) }
  }
  if (kind === "coarse") return { kind, of: earlier(), step: 1 + below(random, 5) }
  return kind === "sum" ? { kind, x: earlier(), y: earlier() } : { kind, of: earlier() }
}
const memberNames = ["x", "toString", "__proto__", "y/z", "w"]
const newMember = (random: Random, k: number): MemberOfTaps => ({
  name: memberNames[k]!,
  times: 1 + below(random, 3)
})
const absentNames = (random: Random, failing: boolean): ReadonlyArray<string> =>
  failing && below(random, 3) === 0 ? [pick(random, ["none", "constructor"])] : []

/** A member comes, goes or has other values, or other names are listed beside; null if no step has members. */
function editMembers(world: World, random: Random, failing: boolean): string | null {
  const having = world.steps.flatMap((step, i) => (step.kind === "fits" ? [{ step, i }] : []))
  if (having.length === 0) return null
  const { step, i } = pick(random, having)
  const { members } = step
  const at = below(random, members.length)
  const set = (change: Partial<typeof step>, what: string) => {
    world.steps[i] = { ...step, ...change }
    return `step ${i}: ${what}`
  }
  switch (below(random, 4)) {
    case 0: {
      const free = memberNames.findIndex((name) => members.every((one) => one.name !== name))
      const more = free < 0 ? members : [...members, newMember(random, free)]
      return set({ members: more }, "a member comes")
    }
    case 1:
      return members.length < 2
        ? set({ members: [{ ...members[0]!, name: "w" }] }, "the member is called w")
        : set({ members: members.filter((_, k) => k !== at) }, `${members[at]!.name} goes`)
    case 2: {
      const other = (one: MemberOfTaps, k: number) =>
        k === at ? { ...one, times: 1 + below(random, 3) } : one
      return set({ members: members.map(other) }, `${members[at]!.name} changes`)
    }
    default:
      return set({ absent: absentNames(random, failing) }, "the names of absent members change")
  }
}

/** One edit of the world; it may well change nothing that matters. */
export function edit(world: World, random: Random, failing = false): string {
  const ids = Object.keys(world.items)
  switch (below(random, 10)) {
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
      world.steps[i] = newStep(random, i, failing)
      return `step ${i} changes`
    }
    case 5: {
      const stage = pick(random, stageNames)
      world.versions = { ...world.versions, [stage]: below(random, 3) }
      return `code of ${stage} changes`
    }
    case 6:
      world.items = Object.fromEntries(Object.entries(world.items).toReversed())
      return "the order of items changes"
    default:
      return editMembers(world, random, failing) ?? edit(world, random, failing)
  }
}
const stageNames = ["coarse", "sum", "gathered", "spread", "total", "numbers", "taps", "fits", "fitted"]

export function build(lab: Lab, world: World): Graph {
  for (const [stage, version] of Object.entries(world.versions)) lab.versions.set(stage, version)
  const source = numbers("source", { file: { path: writeItems(lab, world.items) } })
  const made: Array<AnyRef> = []
  const at = (i: number) => (i < 0 ? source : made[i]!) as typeof source
  const of = (i: number) => at(sourcedStep(world, i))
  for (const [i, step] of world.steps.entries()) made.push(nodeOf(`s${i}`, step, of))
  return lab.graph({ total: total("total", { of: world.totals.map(at) }), all: [source, ...made] as never })
}
type Pairs = ReturnType<typeof numbers>
function nodeOf(id: string, step: Step, of: (i: number) => Pairs): AnyRef {
  switch (step.kind) {
    case "coarse":
      return coarse(id, { of: of(step.of), step: step.step })
    case "sum":
      return sum(id, { x: of(step.x), y: of(step.y) })
    case "gather":
      return gathered(id, { of: spread(`${id}.spread`, { of: of(step.of) }) })
    case "fits": {
      const rows = taps(`${id}.taps`, { of: of(step.of), members: step.members })
      return fitted(id, { rows, fit: fits(`${id}.fits`, { names: rows, absent: step.absent }) })
    }
  }
}

/** Chunks of other sizes from here on: they are the scheduler's affair, and must show nowhere. */
export function varyChunks(random: Random): void {
  for (const { stage } of [coarse, sum, spread, gathered, taps, fitted])
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

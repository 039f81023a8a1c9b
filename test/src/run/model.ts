/**
 * The model of a world: what a run must execute, and what its artifacts must hold.
 *
 * It computes everything plainly, and knows neither keys nor traces nor a store. It remembers each piece of work by what
 * its function really read: stage, version, parameters, and the values of the columns that its ports name. What it has
 * not seen is what a run may execute, no more and no less.
 */
import type { Held } from "./held.ts"
import { sourcedStep, type World } from "./worlds.ts"

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
  /** what the store must hold of every node */
  readonly artifacts: ReadonlyMap<string, Held>
}
/** One row `a`, `b` an item. */
const pairsOf = ({ ids, a, b, failed }: Values): Held => {
  const rows = ids.map((item, k) => ({ item, a: a[k]!, b: b[k]! }))
  return { items: rows.map((row) => [row.item, [row]] as const), rows, failed }
}
const keyOf = (...parts: ReadonlyArray<unknown>) =>
  JSON.stringify(parts, (_, value: unknown) => (typeof value === "number" ? String(value) : value))

export class Model {
  readonly #seen = new Set<string>()

  step(world: World): Expected {
    const needed = new Set<string>()
    const failing = new Set<string>()
    const work = new Map<string, ReadonlyArray<string>>()
    const artifacts = new Map<string, Held>()
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
    artifacts.set("source", pairsOf(source))
    const fail = (key: string) => {
      fails = true
      if (!this.#seen.has(key)) failing.add(key)
    }
    const made: Array<Values> = []
    const at = (i: number) => (i < 0 ? source : made[i]!)
    const input = (i: number) => at(sourcedStep(world, i))
    for (const [i, step] of world.steps.entries()) {
      if (step.kind === "coarse") {
        const { ids, a } = input(step.of)
        const good = ids.flatMap((_, k) => (Number.isFinite(a[k]) ? [k] : []))
        const failed = ids.filter((_, k) => !Number.isFinite(a[k]))
        need(
          `s${i}`,
          "coarse",
          good.map((k) => [step.step, ids[k], a[k]])
        )
        for (const id of failed) fail(piece("coarse", [step.step, id, Infinity]))
        made.push({
          ids: good.map((k) => ids[k]!),
          a: good.map((k) => Math.floor(a[k]! / step.step)),
          b: good.map(() => step.step),
          failed
        })
      } else if (step.kind === "sum") {
        const [x, y] = [input(step.x), input(step.y)]
        const ids = x.ids.filter((id) => y.ids.includes(id))
        const [xa, yb] = [ids.map((id) => x.a[x.ids.indexOf(id)]!), ids.map((id) => y.b[y.ids.indexOf(id)]!)]
        need(
          `s${i}`,
          "sum",
          ids.map((id, k) => [id, xa[k], yb[k]])
        )
        made.push({ ids, a: xa.map((one, k) => one + yb[k]!), b: xa, failed: [] })
      } else if (step.kind === "fits") {
        const { ids, a } = input(step.of)
        const b = a.map((one) => one % 3)
        // one tensor a member, with a float of each row
        const tensors = new Map(
          step.members.map(({ name, times }) => [name, a.map((one) => Math.fround(one * times))])
        )
        need(
          `s${i}.taps`,
          "taps",
          ids.map((id, k) => [step.members, id, a[k]])
        )
        const rows = ids.map((item, k) => ({
          item,
          b: b[k]!,
          x: Object.fromEntries([...tensors].map(([name, data]) => [name, Float32Array.of(data[k]!)]))
        }))
        artifacts.set(`s${i}.taps`, {
          items: rows.map((row) => [row.item, [row]] as const),
          rows: rows.map(({ item, b }) => ({ item, b })),
          failed: []
        })
        // without rows there are no tensors
        const known = ids.length === 0 ? [] : [...tensors.keys()]
        const names = [...known, ...step.absent]
        need(
          `s${i}.fits`,
          "fits",
          names.map((name) => [known, step.absent, name])
        )
        const listed = names.map((name) => ({ item: `fit ${name}`, name }))
        artifacts.set(`s${i}.fits`, {
          items: listed.map((row) => [row.item, [row]] as const),
          rows: listed,
          failed: []
        })
        // of the tensors, a fit reads the one that it names
        const read = (name: string) => [ids, b, name, known.includes(name) ? tensors.get(name) : "absent"]
        need(`s${i}`, "fitted", known.map(read))
        for (const name of step.absent) fail(piece("fitted", read(name)))
        made.push({
          ids: known.map((name) => `fit ${name}`),
          a: known.map((name) => tensors.get(name)!.reduce((sum, value, k) => sum + value * b[k]!, 0)),
          b: known.map(() => ids.length),
          failed: step.absent.map((name) => `fit ${name}`)
        })
      } else {
        const { ids, b } = input(step.of)
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
        const values = ids.map((item, k) => [item, groups[k]!.map((value) => ({ item, value }))] as const)
        artifacts.set(`s${i}.spread`, { items: values, rows: values.flatMap(([, rows]) => rows), failed: [] })
      }
      artifacts.set(`s${i}`, pairsOf(made[i]!))
    }
    const totals = world.totals.map((i, node) => ({ node, total: at(i).a.reduce((all, a) => all + a, 0) }))
    artifacts.set("total", { items: null, rows: totals, failed: [] })
    need("total", "total", [world.totals.map((i) => [at(i).ids, at(i).a, at(i).failed])])
    for (const key of [...needed, ...failing]) this.#seen.add(key)
    return { work, needed, failing, fails, artifacts }
  }
}

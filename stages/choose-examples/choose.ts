/**
 * Decides which objects or scenes are asked about, and why the others are not.
 *
 * A class needs enough objects, and no class may dominate: categories below `minimum` are left out, then all but the
 * `classes` largest, then all but `cap` seeded objects of each. An object listed by several scenes of one image
 * counts once, and all its copies are kept or left out together.
 */
import { byCodePoint } from "../tables/ids.ts"

/** An object that could be asked about. */
export interface Candidate {
  readonly scene: string
  /** equal for copies of one object */
  readonly key: string
  /** its index in the scene; −1 (`noObject`) for the scene itself */
  readonly object: number
  readonly label: string
  /** why it cannot be asked about; null where it can */
  readonly barred: string | null
}
export interface Limits {
  /** the least number of objects in a class */
  readonly minimum: number
  /** the largest number of classes; larger classes come first */
  readonly classes: number
  /** the largest number of objects in a class */
  readonly cap: number
}
export interface Chosen extends Candidate {
  /** null for kept candidates */
  readonly reason: string | null
}

/**
 * Decides about every candidate, in order. Ties between classes go to the lower code point.
 *
 * @param place a candidate's position in its class's order, which must depend on the candidate alone: the first `cap`
 *   are kept, so they stay when others are added (except for those that these displace)
 */
export function choose(
  candidates: ReadonlyArray<Candidate>,
  limits: Limits,
  place: (candidate: Candidate) => number
): ReadonlyArray<Chosen> {
  /** by label, the objects by key: each with the index of its first copy, by the scene's id */
  const byLabel = new Map<string, Map<string, number>>()
  candidates.forEach(({ label, key, barred }, i) => {
    if (barred !== null) return
    let of = byLabel.get(label)
    if (of === undefined) byLabel.set(label, (of = new Map()))
    const before = of.get(key)
    if (before === undefined || byCodePoint(candidates[i]!.scene, candidates[before]!.scene) < 0)
      of.set(key, i)
  })
  const enough = [...byLabel].filter(([, of]) => of.size >= limits.minimum)
  const largest = enough
    .sort(([a, ofA], [b, ofB]) => ofB.size - ofA.size || byCodePoint(a, b))
    .slice(0, limits.classes)
  const kept = new Map(
    largest.map(([label, of]) => [label, firstOf(of, limits.cap, (i) => place(candidates[i]!))])
  )
  return candidates.map((candidate) => {
    const { label, key, barred } = candidate
    const reason =
      barred ??
      (kept.get(label)?.has(key)
        ? null
        : kept.has(label)
          ? `capped: more than ${limits.cap} objects of its category`
          : byLabel.get(label)!.size < limits.minimum
            ? `too few: fewer than ${limits.minimum} objects of its category`
            : `not among the ${limits.classes} largest categories`)
    return { ...candidate, reason }
  })
}

/** The keys of the first `cap` objects. */
function firstOf(
  objects: ReadonlyMap<string, number>,
  cap: number,
  placeOf: (index: number) => number
): { has(key: string): boolean } {
  if (objects.size <= cap) return objects
  const placed = Array.from(objects, ([key, index]) => ({ key, index, place: placeOf(index) }))
  placed.sort((a, b) => a.place - b.place || a.index - b.index)
  return new Set(placed.slice(0, cap).map(({ key }) => key))
}

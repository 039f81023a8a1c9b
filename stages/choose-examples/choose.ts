/**
 * Which objects or scenes are asked about, and why the others are not.
 *
 * A class needs enough objects, and no class may drown the rest: categories below `minimum` are left out, then all
 * but the `classes` largest, then all but `cap` seeded objects of each.
 */
import { byCodePoint } from "../shared/code-points.ts"

/** One object that could be asked about. */
export interface Candidate {
  readonly scene: string
  /** its index in the scene; −1 for the scene itself */
  readonly object: number
  readonly label: string
  /** why it cannot be asked about; null where it can */
  readonly barred: string | null
}
export interface Limits {
  /** objects that a class needs */
  readonly minimum: number
  /** classes at most, the largest first */
  readonly classes: number
  /** objects of a class at most */
  readonly cap: number
}
export interface Chosen extends Candidate {
  /** null where it is kept */
  readonly reason: string | null
}

/**
 * Decides for every candidate, in their order. Ties between classes go to the lower code point.
 *
 * @param place a candidate's place in its class's line, which must hang on the candidate alone: the first `cap` are
 *   kept, so that those stay when others come (but for the ones that these displace)
 */
export function choose(
  candidates: ReadonlyArray<Candidate>,
  limits: Limits,
  place: (candidate: Candidate) => number
): ReadonlyArray<Chosen> {
  const byLabel = new Map<string, Array<number>>()
  candidates.forEach(({ label, barred }, i) => {
    if (barred !== null) return
    const of = byLabel.get(label)
    if (of === undefined) byLabel.set(label, [i])
    else of.push(i)
  })
  const enough = [...byLabel].filter(([, of]) => of.length >= limits.minimum)
  const largest = enough
    .sort(([a, ofA], [b, ofB]) => ofB.length - ofA.length || byCodePoint(a, b))
    .slice(0, limits.classes)
  const kept = new Set(largest.flatMap(([, of]) => firstOf(of, limits.cap, (i) => place(candidates[i]!))))
  const chosen = new Set(largest.map(([label]) => label))
  return candidates.map((candidate, i) => {
    const { label, barred } = candidate
    const reason =
      barred ??
      (kept.has(i)
        ? null
        : chosen.has(label)
          ? `capped: more than ${limits.cap} objects of its category`
          : byLabel.get(label)!.length < limits.minimum
            ? `too few: fewer than ${limits.minimum} objects of its category`
            : `not among the ${limits.classes} largest categories`)
    return { ...candidate, reason }
  })
}

function firstOf(
  indices: ReadonlyArray<number>,
  cap: number,
  placeOf: (index: number) => number
): ReadonlyArray<number> {
  if (indices.length <= cap) return indices
  const placed = indices.map((index) => ({ index, place: placeOf(index) }))
  return placed
    .sort((a, b) => a.place - b.place || a.index - b.index)
    .slice(0, cap)
    .map(({ index }) => index)
}

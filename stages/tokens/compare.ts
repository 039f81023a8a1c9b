/**
 * Comparisons of an object with the background, like with like: as many patches on both sides, with the same weights.
 * If every patch knew the same, both sides would be equally good, for a mean over patches and for one patch.
 *
 * Without this, the side with more patches wins: an average over more patches has less noise.
 */
import { below, type Random, shuffled } from "../../src/index.ts"
import { type PatchOrder, type TokenOrder, tokenOfPatch } from "../vision/grid.ts"
import { averageObject, type Coverage, oneHot, weighted, type Weights } from "./weights.ts"

export interface ComparedSide {
  /** the mean */
  readonly average: Weights
  /** one patch */
  readonly one: Weights
}
export interface Compared {
  readonly object: ComparedSide
  readonly background: ComparedSide
}

/** The object's patches and the background's, as many of both; patch i of one goes with patch i of the other. */
export interface Counterparts {
  readonly object: ReadonlyArray<number>
  readonly background: ReadonlyArray<number>
}

/**
 * As many as the smaller side has: the larger one is cut by a draw. The background is in a drawn order, so that weights
 * do not go by position.
 */
export function counterparts(
  object: ReadonlyArray<number>,
  free: ReadonlyArray<number>,
  random: Random
): Counterparts {
  const count = Math.min(object.length, free.length)
  const background = shuffled(random, free).slice(0, count)
  const kept = count === object.length ? object : shuffled(random, object).slice(0, count)
  return { object: [...kept].sort((a, b) => a - b), background }
}

/** The largest difference between the distances of a patch and its counterpart, in patches. */
const tolerance = 0.5

/**
 * Counterparts at the same distance from another object: patches of the object take, in a drawn order, the unused free
 * patch with the most similar distance, up to `tolerance`. Patches without one are cut on both sides. Ascending on the
 * object's side.
 *
 * @param from the patches of the object that distances are measured from; there is at least one
 */
export function equallyDistant(
  grid: PatchOrder,
  object: ReadonlyArray<number>,
  free: ReadonlyArray<number>,
  from: ReadonlyArray<number>,
  random: Random
): Counterparts {
  // among equally similar ones, the first in a drawn order counts
  const unused = new Map(
    shuffled(random, free).map((patch) => [patch, distanceTo(grid, patch, from)] as const)
  )
  const pairs: Array<readonly [object: number, background: number]> = []
  for (const patch of shuffled(random, object)) {
    const distance = distanceTo(grid, patch, from)
    let [best, least]: [number | null, number] = [null, Infinity]
    for (const [candidate, other] of unused) {
      const difference = Math.abs(other - distance)
      if (difference <= tolerance && difference < least) [best, least] = [candidate, difference]
    }
    if (best === null) continue
    unused.delete(best)
    pairs.push([patch, best])
  }
  pairs.sort(([a], [b]) => a - b)
  return { object: pairs.map(([patch]) => patch), background: pairs.map(([, patch]) => patch) }
}

/** From a patch's centre to the nearest centre of the others, in patches. */
export function distanceTo({ columns }: PatchOrder, patch: number, others: ReadonlyArray<number>): number {
  let least = Infinity
  for (const other of others) {
    const rows = Math.floor(patch / columns) - Math.floor(other / columns)
    const across = (patch % columns) - (other % columns)
    least = Math.min(least, rows * rows + across * across)
  }
  return Math.sqrt(least)
}

/** Both sides of a comparison: means with the object's weights, and one drawn patch each; null without counterparts. */
export function compared(
  grid: TokenOrder,
  coverage: Coverage,
  { object, background }: Counterparts,
  random: Random
): Compared | null {
  if (object.length === 0) return null
  const drawn = below(random, object.length)
  const one = (patches: ReadonlyArray<number>) => oneHot(tokenOfPatch(grid, patches[drawn]!))
  return {
    object: { average: averageObject(grid, coverage, object), one: one(object) },
    background: {
      average: weighted(grid, background, (i) => coverage.get(object[i]!)!),
      one: one(background)
    }
  }
}

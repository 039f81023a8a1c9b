/**
 * Token weight vectors: which tokens of an encoder represent an object, and with which weights.
 *
 * `cls` is one-hot at token 0, if that is CLS; `avg_obj` is the normalised mask; `random_obj` a seeded one-hot inside
 * it; `random` a seeded one-hot anywhere; `background` the mean of seeded patches away from all objects, with a
 * margin of one patch.
 */
import { below, type Random, shuffled } from "../../src/index.ts"
import { neighbourhood, patchCount, type TokenOrder, tokenOfPatch } from "../vision/grid.ts"

export interface Weights {
  /** token indices, counting CLS and registers */
  readonly indices: ReadonlyArray<number>
  /** one per index, summing to 1 */
  readonly weights: ReadonlyArray<number>
}
/** Coverage by patch; uncovered patches are absent. */
export type Coverage = ReadonlyMap<number, number>

export const oneHot = (token: number): Weights => ({ indices: [token], weights: [1] })

/** Patches that belong to an object: those covered by at least `threshold`. */
export const patchesOf = (coverage: Coverage, threshold: number): ReadonlyArray<number> =>
  [...coverage]
    .filter(([, share]) => share >= threshold)
    .map(([patch]) => patch)
    .sort((a, b) => a - b)

/** Weights proportional to coverage, over the object's patches. */
export function averageObject(grid: TokenOrder, coverage: Coverage, patches: ReadonlyArray<number>): Weights {
  const total = patches.reduce((sum, patch) => sum + coverage.get(patch)!, 0)
  return {
    indices: patches.map((patch) => tokenOfPatch(grid, patch)),
    weights: patches.map((patch) => coverage.get(patch)! / total)
  }
}
export const randomOf = (grid: TokenOrder, patches: ReadonlyArray<number>, random: Random): Weights =>
  oneHot(tokenOfPatch(grid, patches[below(random, patches.length)]!))
export const randomAnywhere = (grid: TokenOrder, random: Random): Weights =>
  oneHot(tokenOfPatch(grid, below(random, patchCount(grid))))

/**
 * The mean of `count` seeded patches that no object touches, or of fewer if there are fewer; null if there are none.
 */
export function background(
  grid: TokenOrder,
  covered: Iterable<number>,
  count: number,
  random: Random
): Weights | null {
  const near = neighbourhood(grid, covered)
  const free = Array.from({ length: patchCount(grid) }, (_, patch) => patch).filter(
    (patch) => !near.has(patch)
  )
  if (free.length === 0) return null
  const chosen = shuffled(random, free)
    .slice(0, count)
    .sort((a, b) => a - b)
  return {
    indices: chosen.map((patch) => tokenOfPatch(grid, patch)),
    weights: chosen.map(() => 1 / chosen.length)
  }
}

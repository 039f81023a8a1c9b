/**
 * Token weight vectors: which tokens of an encoder represent an object, and with which weights.
 *
 * `cls` is one-hot at token 0, if that is CLS; `avg_obj` is the normalised mask; `random_obj` a seeded one-hot inside
 * it; `random` a seeded one-hot anywhere.
 */
import { below, type Random } from "../../src/index.ts"
import { neighbourhood, patchCount, type PatchOrder, type TokenOrder, tokenOfPatch } from "../vision/grid.ts"

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

/** Patches with one weight each, in any unit; weights are scaled to sum to 1. */
export function weighted(
  grid: TokenOrder,
  patches: ReadonlyArray<number>,
  weightOf: (index: number) => number
): Weights {
  const weights = patches.map((_, i) => weightOf(i))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return {
    indices: patches.map((patch) => tokenOfPatch(grid, patch)),
    weights: weights.map((weight) => weight / total)
  }
}
/** Weights proportional to coverage, over the object's patches. */
export const averageObject = (
  grid: TokenOrder,
  coverage: Coverage,
  patches: ReadonlyArray<number>
): Weights => weighted(grid, patches, (i) => coverage.get(patches[i]!)!)
/** Equal weights. */
export const averagePatches = (grid: TokenOrder, patches: ReadonlyArray<number>): Weights =>
  weighted(grid, patches, () => 1)

export const randomOf = (grid: TokenOrder, patches: ReadonlyArray<number>, random: Random): Weights =>
  oneHot(tokenOfPatch(grid, patches[below(random, patches.length)]!))
export const randomAnywhere = (grid: TokenOrder, random: Random): Weights =>
  oneHot(tokenOfPatch(grid, below(random, patchCount(grid))))

/** The patches that are background: neither covered at all by one of these, nor next to such a patch. Ascending. */
export function freePatches(grid: PatchOrder, covered: ReadonlyArray<Coverage>): ReadonlyArray<number> {
  const near = neighbourhood(
    grid,
    covered.flatMap((coverage) => [...coverage.keys()])
  )
  return Array.from({ length: patchCount(grid) }, (_, patch) => patch).filter((patch) => !near.has(patch))
}

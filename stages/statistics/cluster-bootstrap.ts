/**
 * A Bayesian bootstrap by image: how far the difference of two accuracies would vary with other images, the fitted probes
 * taken as given (Rubin, "The Bayesian bootstrap", Ann. Statist. 9, 1981).
 */
import { log } from "../../src/support/elementary/exponential.ts"
import type { Random } from "../../src/index.ts"
import { balancedAccuracy, type Design } from "./scores.ts"

/** Answers of two sides to the same questions, added up by image and cell: entry i is of one image and one cell. */
export interface ClusteredAnswers {
  readonly image: ArrayLike<number>
  readonly cell: ArrayLike<number>
  /** questions, and how many of them each side has right */
  readonly count: ArrayLike<number>
  readonly first: ArrayLike<number>
  readonly second: ArrayLike<number>
  readonly images: number
  readonly design: Design
}

export interface BootstrapLimits {
  readonly low: number
  readonly high: number
}

const draws = 400

/**
 * The limits of the difference of balanced accuracies, second − first: the quantiles of 400 draws, in each of which an
 * image has one weight from Exp(1) for all its rows.
 *
 * @param level the share of the draws between the limits
 */
export function clusterBootstrap(answers: ClusteredAnswers, random: Random, level: number): BootstrapLimits {
  const { image, cell, count, first, second, images, design } = answers
  const cells = design.labelOf.length
  const differences = new Float64Array(draws)
  const weights = new Float64Array(images)
  for (let draw = 0; draw < draws; draw++) {
    for (let i = 0; i < images; i++) weights[i] = -log(1 - random())
    const [counts, ours, theirs] = [new Float64Array(cells), new Float64Array(cells), new Float64Array(cells)]
    for (let i = 0; i < image.length; i++) {
      const weight = weights[image[i]!]!
      const at = cell[i]!
      counts[at]! += weight * count[i]!
      ours[at]! += weight * first[i]!
      theirs[at]! += weight * second[i]!
    }
    differences[draw] = balancedAccuracy(theirs, counts, design) - balancedAccuracy(ours, counts, design)
  }
  differences.sort()
  return {
    low: quantile(differences, (1 - level) / 2),
    high: quantile(differences, (1 + level) / 2)
  }
}

/** Of sorted values, interpolated linearly, as numpy's default. */
function quantile(values: ArrayLike<number>, share: number): number {
  const at = share * (values.length - 1)
  const below = Math.floor(at)
  const above = Math.min(below + 1, values.length - 1)
  return values[below]! + (at - below) * (values[above]! - values[below]!)
}

/** Compares one fit on two sides: the accuracy, and what each example was answered. */
import { seededRandom } from "../../src/index.ts"
import { cohenKappa, mcnemar, signFlipTest } from "../statistics/agreement.ts"
import { type BootstrapLimits, clusterBootstrap } from "../statistics/cluster-bootstrap.ts"
import { type ComparedNumber, runDifference } from "../verdicts/judge.ts"
import type { AnswerPairs } from "./answer-pairs.ts"
import { accuracyOfFit, type AnsweredFit } from "./fit-accuracy.ts"

/** What the answers to the same examples show, the fitted probes taken as given. */
export interface AnswersCompared {
  /** of one example with one seed, on both sides */
  readonly predictions: number
  /** the share of them whose answers differ */
  readonly flipRate: number
  /** null if both sides give one and the same answer throughout */
  readonly kappa: number | null
  /** predictions that one side alone has right */
  readonly lost: number
  readonly gained: number
  /** McNemar's where an image has one prediction, else sign flips by image of the differences' mean over seeds */
  readonly test: "McNemar" | "sign flips by image"
  readonly testP: number
  readonly bootstrap: BootstrapLimits
  readonly hasSameFolds: boolean
}
export interface FitComparison extends ComparedNumber {
  readonly examples: AnswerPairs["examples"]
  /** null where few examples are shared: the accuracies of all are compared then */
  readonly answers: AnswersCompared | null
}

/** Shared examples are compared by themselves if they are at least this share of the smaller side's. */
const leastShare = 0.5

/**
 * @param id names the fit, for random draws
 * @param pairs of the two fits
 */
export function compareFit(
  id: string,
  a: AnsweredFit,
  b: AnsweredFit,
  pairs: AnswerPairs,
  { delta, alpha }: { readonly delta: number; readonly alpha: number }
): FitComparison {
  const { both, relabelled, onlyA, onlyB } = pairs.examples
  const isShared =
    pairs.rightA.length > 0 && both >= leastShare * (both + relabelled + Math.min(onlyA, onlyB))
  const [ours, theirs] = isShared ? pairs.accuracies : [accuracyOfFit(a), accuracyOfFit(b)]
  const images = Math.min(ours.images, theirs.images)
  const ofRuns = runDifference(ours.runs, theirs.runs, images)
  const isDefined = ofRuns !== null && ours.value !== null && theirs.value !== null
  return {
    a: ours.value,
    b: theirs.value,
    // accuracies are pooled over folds; their error is that of the runs
    difference: isDefined ? { ...ofRuns, estimate: theirs.value! - ours.value! } : null,
    isEqual: isShared && pairs.areEqual,
    images,
    delta,
    examples: pairs.examples,
    answers: isShared ? compareAnswers(id, pairs, 1 - 2 * alpha) : null
  }
}

function compareAnswers(id: string, pairs: AnswerPairs, level: number): AnswersCompared {
  const { a, b, rightA, rightB, image, images, seeds } = pairs
  let [flips, lost, gained] = [0, 0, 0]
  const sums = new Float64Array(images)
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) flips++
    if (rightA[i] === rightB[i]) continue
    if (rightA[i] === 1) lost++
    else gained++
    sums[image[i]!]! += (rightB[i]! - rightA[i]!) / seeds
  }
  const kappa = cohenKappa(a, b)
  const random = (what: string) => seededRandom("probeline compare fits", what, id)
  return {
    predictions: a.length,
    flipRate: flips / a.length,
    kappa: Number.isFinite(kappa) ? kappa : null,
    lost,
    gained,
    test: pairs.isOnePairAnImage ? "McNemar" : "sign flips by image",
    testP: pairs.isOnePairAnImage ? mcnemar(lost, gained) : signFlipTest(sums, random("sign flips")),
    bootstrap: clusterBootstrap(pairs.clustered, random("bootstrap"), level),
    hasSameFolds: pairs.hasSameFolds
  }
}

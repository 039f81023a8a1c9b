/**
 * Verdicts on the differences between two artifacts: `same`, `different` or `inconclusive` for each, and for all of a family
 * (docs/verdicts.md).
 */
import type { Verdict } from "../../src/index.ts"
import { bonettPrice } from "../statistics/bonett-price.ts"
import { type Difference, differenceOf, type RunSeries } from "../statistics/differences.ts"
import { assessed, imagesNeeded, largestCompatible, verdictOn } from "../statistics/equivalence.ts"
import { benjaminiHochberg, holm } from "../statistics/holm.ts"

/** One number of two artifacts. */
export interface ComparedNumber {
  /** of each side; null if it is undefined there */
  readonly a: number | null
  readonly b: number | null
  /** b − a; null without an interval */
  readonly difference: Difference | null
  /** both sides gave the same answers: there is nothing to test */
  readonly isEqual: boolean
  /** the fewer of both sides */
  readonly images: number
  /** the largest difference that counts as none */
  readonly delta: number
}

/** The same with its verdict; numbers are null where there is no interval. */
export interface Judgement {
  readonly estimate: number | null
  readonly low: number | null
  readonly high: number | null
  readonly standardError: number | null
  readonly degrees: number | null
  readonly p: number | null
  readonly pHolm: number | null
  /** Benjamini and Hochberg's; for exploration, in no verdict */
  readonly pBh: number | null
  readonly verdict: Verdict | null
  /** the largest difference, of either sign, that the interval still holds */
  readonly largest: number | null
  /** of inconclusive differences, as in `imagesNeeded` */
  readonly imagesForSame: number | null
  readonly imagesForDifferent: number | null
}

/**
 * The difference of two sides' runs; null without runs. Its standard error is at least that of Bonett and Price for no
 * discordant pair among so many images, because few images that agree show little.
 *
 * @param scale what an accuracy's error is multiplied with: more than 1 for ratios
 */
export function runDifference(
  a: RunSeries | null,
  b: RunSeries | null,
  images: number,
  scale = 1
): Difference | null {
  if (a === null || b === null) return null
  const { estimate, standardError, degrees } = differenceOf(a, b)
  const least = scale * bonettPrice(0, 0, images).standardError
  return { estimate, standardError: Math.max(standardError, least), degrees }
}

const unjudged: Judgement = {
  estimate: null,
  low: null,
  high: null,
  standardError: null,
  degrees: null,
  p: null,
  pHolm: null,
  pBh: null,
  verdict: null,
  largest: null,
  imagesForSame: null,
  imagesForDifferent: null
}
const equal: Judgement = {
  ...unjudged,
  estimate: 0,
  low: 0,
  high: 0,
  standardError: 0,
  p: 1,
  pHolm: 1,
  pBh: 1,
  verdict: "same",
  largest: 0
}

/** Judges a family: its p-values are adjusted for all of its differences that are tested at all. */
export function judged(family: ReadonlyArray<ComparedNumber>, alpha: number): ReadonlyArray<Judgement> {
  const tests = family.flatMap(({ difference, isEqual }, i) =>
    isEqual || difference === null ? [] : [{ i, found: assessed(difference, alpha) }]
  )
  const p = tests.map(({ found }) => found.p)
  const [byHolm, byBh] = [holm(p), benjaminiHochberg(p)]
  // Holm compares the smallest p with alpha/m, the next with alpha/(m − 1), …
  const byRank = [...p.keys()].sort((x, y) => p[x]! - p[y]!)
  const timesOf = new Map(byRank.map((test, rank) => [test, tests.length - rank]))
  const results = family.map(({ a, b, isEqual }) =>
    isEqual ? equal : { ...unjudged, estimate: a === null || b === null ? null : b - a }
  )
  tests.forEach(({ i, found }, test) => {
    const { images, delta } = family[i]!
    const verdict = verdictOn(found, byHolm[test]!, delta, alpha)
    const { forSame, forDifferent } =
      verdict === "inconclusive"
        ? imagesNeeded(found, { images, delta, alpha, tests: timesOf.get(test)! })
        : { forSame: null, forDifferent: null }
    results[i] = {
      estimate: found.estimate,
      low: found.low,
      high: found.high,
      standardError: found.standardError,
      degrees: found.degrees,
      p: found.p,
      pHolm: byHolm[test]!,
      pBh: byBh[test]!,
      verdict,
      largest: largestCompatible(found),
      imagesForSame: forSame,
      imagesForDifferent: forDifferent
    }
  })
  return results
}

/**
 * The verdict on a family: `different` if any is, `same` if all are (an intersection–union test), else `inconclusive`. Null
 * if none has a verdict; those without one do not count.
 */
export function overallVerdict(verdicts: Iterable<Verdict | null>): Verdict | null {
  const found = new Set(verdicts)
  found.delete(null)
  if (found.size === 0) return null
  if (found.has("different")) return "different"
  return found.size === 1 && found.has("same") ? "same" : "inconclusive"
}

/** Which tap each outer fold takes. */
import { type Fit, type FitName, fitNameColumns } from "../tables/fits.ts"
import { grouped } from "../tables/grouped.ts"
import { matchingNames } from "../tables/name-patterns.ts"

export const innerFitColumns = [
  ...(Object.keys(fitNameColumns) as ReadonlyArray<keyof FitName>),
  "folds",
  "seeds",
  "split_seed",
  "split_fold",
  "inner_accuracy"
] as const
export type InnerFit = Pick<Fit, (typeof innerFitColumns)[number]>

/** A_ss: the secondary's category, from its own tokens or from those of the image. */
export const isCriterion = ({ source, target }: Pick<FitName, "source" | "target">): boolean =>
  target === "secondary" && (source === "secondary" || source === "image")

/** Fits of one kind of token share a choice, whatever they are asked and in whatever task. */
const choiceKey = ({ probe, selection, token }: Pick<FitName, "probe" | "selection" | "token">) =>
  JSON.stringify([probe, selection, token])

export class Choice {
  /** by choice, the tap of each seed and fold: seed · K + fold; null where there is none */
  readonly #taps = new Map<string, ReadonlyArray<string | null>>()

  /** @param among patterns, of which at least one must match */
  constructor(criteria: ReadonlyArray<InnerFit>, among: string) {
    const names = [...new Set(criteria.map(({ tap }) => tap))]
    const candidates = new Set(names.length === 0 ? [] : matchingNames(names, among, "tap"))
    const eligible = criteria.filter(({ tap }) => candidates.has(tap))
    for (const [key, fits] of grouped(eligible, choiceKey)) {
      const taps = chosenTaps(fits)
      if (taps.some((tap) => tap !== null)) this.#taps.set(key, taps)
    }
  }

  get size(): number {
    return this.#taps.size
  }

  of(fit: Pick<FitName, "probe" | "selection" | "token">): ReadonlyArray<string | null> | undefined {
    return this.#taps.get(choiceKey(fit))
  }
}

/**
 * The tap of each seed and fold: the first with the largest mean of inner accuracies over tasks. Taps without any inner
 * accuracy are no candidates; a task counts in a fold if all candidates have one there, so that taps are compared on the same
 * tasks.
 */
export function chosenTaps(fits: ReadonlyArray<InnerFit>): ReadonlyArray<string | null> {
  const { folds, seeds } = fits[0]!
  const byTap = grouped(
    fits.filter(({ inner_accuracy }) => inner_accuracy.some(Number.isFinite)),
    ({ tap }) => tap
  )
  const runs = [...byTap].map(([tap, own]) => [tap, own.map(byRun)] as const)
  const tasks = new Set(fits.map(({ task }) => task))
  return Array.from({ length: folds * seeds }, (_, run) => {
    const values = runs.map(
      ([tap, own]) => [tap, new Map(own.map(({ task, at }) => [task, at[run] ?? NaN]))] as const
    )
    const common = [...tasks].filter((task) => values.every(([, of]) => Number.isFinite(of.get(task))))
    if (common.length === 0) return null
    let best: { readonly tap: string; readonly sum: number } | null = null
    for (const [tap, of] of values) {
      const sum = common.reduce((total, task) => total + of.get(task)!, 0)
      if (best === null || sum > best.sum) best = { tap, sum }
    }
    return best?.tap ?? null
  })
}

function byRun({ task, folds, split_seed, split_fold, inner_accuracy }: InnerFit) {
  const at: Array<number | undefined> = []
  split_seed.forEach((seed, i) => void (at[seed * folds + split_fold[i]!] = inner_accuracy[i]!))
  return { task, at }
}

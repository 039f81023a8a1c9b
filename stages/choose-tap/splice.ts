/** Predictions of a fit whose tap changes from fold to fold. */
import { describedFitColumns, type Fit, predictionColumns, splitColumns } from "../tables/fits.ts"

/** The name of the tap, in fits and in measures. */
export const chosenTap = "chosen"

const described = Object.keys(describedFitColumns) as ReadonlyArray<keyof typeof describedFitColumns>
const perPrediction = Object.keys(predictionColumns) as ReadonlyArray<keyof typeof predictionColumns>
const perSplit = Object.keys(splitColumns) as ReadonlyArray<keyof typeof splitColumns>
export const splicedColumns = [...described, ...perPrediction, ...perSplit] as const
export type SplicedFit = Pick<Fit, (typeof splicedColumns)[number]>

interface Piece {
  readonly run: number
  readonly tap: string
  /** by column, what belongs to this seed and fold */
  readonly predictions: Readonly<Record<string, ReadonlyArray<unknown>>>
  readonly split: Readonly<Record<string, unknown>>
}

export class Spliced {
  readonly #taps: ReadonlyArray<string | null>
  #about: SplicedFit | null = null
  readonly #pieces: Array<Piece> = []

  /** @param taps by seed · K + fold */
  constructor(taps: ReadonlyArray<string | null>) {
    this.#taps = taps
  }

  /** Takes the seeds and folds for which the fit's tap was chosen. */
  add(fit: SplicedFit): void {
    const { tap, folds, seed, fold, split_seed, split_fold, undefined_because } = fit
    if (!this.#taps.includes(tap)) return
    // a tap that is undefined tells why there is nothing, unless another has something
    if (this.#about === null || (this.#about.undefined_because !== null && undefined_because === null))
      this.#about = fit
    const rows = new Map<number, Array<number>>()
    seed.forEach((number, i) => {
      const run = number * folds + fold[i]!
      const own = rows.get(run)
      if (own === undefined) rows.set(run, [i])
      else own.push(i)
    })
    split_seed.forEach((number, i) => {
      const run = number * folds + split_fold[i]!
      if (this.#taps[run] !== tap) return
      const own = rows.get(run) ?? []
      this.#pieces.push({
        run,
        tap,
        predictions: Object.fromEntries(
          perPrediction.map((name) => [name, own.map((row) => fit[name][row])])
        ),
        split: Object.fromEntries(perSplit.map((name) => [name, fit[name][i]]))
      })
    })
  }

  /** In the order of seeds and folds; null if no fit has a tap that was chosen. */
  row() {
    const about = this.#about
    if (about === null) return null
    const pieces = this.#pieces.toSorted((a, b) => a.run - b.run)
    const name = Object.fromEntries(described.map((column) => [column, about[column]])) as unknown as Pick<
      Fit,
      (typeof described)[number]
    >
    const lists = {
      ...Object.fromEntries(
        perPrediction.map((column) => [column, pieces.flatMap(({ predictions }) => predictions[column]!)])
      ),
      ...Object.fromEntries(perSplit.map((column) => [column, pieces.map(({ split }) => split[column])]))
    } as unknown as Pick<Fit, (typeof perPrediction)[number] | (typeof perSplit)[number]>
    return { ...name, tap: chosenTap, ...lists, weights: null, chosen: pieces.map(({ tap }) => tap) }
  }
}

/** A fit's accuracy over some of its answers, as `score-probes` counts them. */
import type { RunSeries } from "../statistics/differences.ts"
import { balancedAccuracy, type Design, meanOfNumbers } from "../statistics/scores.ts"
import type { Fit } from "../tables/fits.ts"

export type AnsweredFit = Omit<Fit, "weights">

export interface FitAccuracy {
  readonly value: number | null
  /** null if a seed and fold has no example, or with fewer than two folds */
  readonly runs: RunSeries | null
  readonly images: number
}

/** Some of a fit's answers, and how they count. */
export interface CountedRows {
  /** places in the fit's lists */
  readonly rows: Int32Array
  /** [rows] the cell of each */
  readonly cell: Int32Array
  readonly design: Design
  readonly seeds: number
  readonly images: number
}

export function accuracyOfRows(
  fit: AnsweredFit,
  { rows, cell, design, seeds, images }: CountedRows
): FitAccuracy {
  const { folds } = fit
  const cells = design.labelOf.length
  const perRun = () => Array.from({ length: folds * seeds }, () => new Int32Array(cells))
  const [hits, counts] = [perRun(), perRun()]
  rows.forEach((row, at) => {
    const run = fit.seed[row]! * folds + fit.fold[row]!
    counts[run]![cell[at]!]!++
    if (fit.predicted[row] === fit.label[row]) hits[run]![cell[at]!]!++
  })
  const pooled = Array.from({ length: seeds }, (_, seed) => {
    const [hit, count] = [new Int32Array(cells), new Int32Array(cells)]
    for (let run = seed * folds; run < (seed + 1) * folds; run++)
      for (let of = 0; of < cells; of++) {
        hit[of]! += hits[run]![of]!
        count[of]! += counts[run]![of]!
      }
    return balancedAccuracy(hit, count, design)
  })
  const value = meanOfNumbers(pooled)
  const values = hits.map((hit, run) => balancedAccuracy(hit, counts[run]!, design))
  return {
    value: Number.isFinite(value) ? value : null,
    runs: folds >= 2 && values.length > 0 && values.every(Number.isFinite) ? { values, folds } : null,
    images
  }
}

/** The accuracy over all answers. */
export function accuracyOfFit(fit: AnsweredFit): FitAccuracy {
  const rows = Int32Array.from(fit.seed.keys()).filter((row) => !fit.one_sided[row])
  return accuracyOfRows(fit, {
    rows,
    ...cellsOfRows(fit, rows),
    seeds: fit.seeds,
    images: new Set(Array.from(rows, (row) => fit.image[row]!)).size
  })
}

/** The cells of some rows, numbered in the order of their first row, and each cell's label. */
export function cellsOfRows(
  fit: Pick<AnsweredFit, "cell" | "label">,
  rows: Int32Array
): Pick<CountedRows, "cell" | "design"> {
  const names = new Map<string, Map<string, number>>()
  const labels = new Map<string, number>()
  const labelOf: Array<number> = []
  const cell = rows.map((row) => {
    const [label, name] = [fit.label[row]!, fit.cell[row]!]
    const of = names.get(label) ?? new Map<string, number>()
    names.set(label, of)
    const known = of.get(name)
    if (known !== undefined) return known
    const number = labels.get(label) ?? labels.size
    labels.set(label, number)
    of.set(name, labelOf.length)
    return labelOf.push(number) - 1
  })
  return { cell, design: { labelOf, labels: labels.size } }
}

/** Balanced accuracy over the inner folds of a split: how good its choice is, without a look at the held-out rows. */
import type { Matrix } from "./matrix.ts"
import type { LogisticOptions } from "./options.ts"
import { classScores } from "./predict.ts"
import type { Regression } from "./problem.ts"
import type { Shape } from "./shape.ts"
import type { InnerFold } from "./training-sets.ts"

/**
 * Mean recall over the cells of each label, then over labels, of the inner folds' held-out rows taken together. Without
 * cells, each label is one.
 *
 * @param solutions of the inner folds' regressions, in order
 * @returns NaN without inner folds
 */
export async function innerAccuracyOf(
  { labels, cells = labels, classes }: Pick<LogisticOptions, "labels" | "cells" | "classes">,
  features: Matrix,
  shape: Shape,
  inner: ReadonlyArray<InnerFold>,
  solutions: ReadonlyArray<Float32Array>
): Promise<number> {
  if (inner.length === 0) return NaN
  const recalls = Array.from({ length: classes }, () => new Map<number, { hits: number; rows: number }>())
  for (const [i, { regression, heldOut }] of inner.entries()) {
    const { rows } = heldOut
    const predicted = await predictedBy(features, shape, regression, solutions[i]!, rows)
    rows.forEach((row, t) => {
      const of = recalls[labels[row]!]!
      const cell = of.get(cells[row]!) ?? { hits: 0, rows: 0 }
      of.set(cells[row]!, cell)
      cell.rows++
      if (predicted[t] === labels[row]) cell.hits++
    })
  }
  const mean = (values: ReadonlyArray<number>) => values.reduce((a, b) => a + b, 0) / values.length
  return mean(
    recalls
      .filter(({ size }) => size > 0)
      .map((of) => mean(Array.from(of.values(), (cell) => cell.hits / cell.rows)))
  )
}

/** [rows] the class with the highest score: the first of several */
async function predictedBy(
  features: Matrix,
  shape: Shape,
  regression: Regression,
  solution: Float32Array,
  rows: Int32Array
): Promise<Int32Array> {
  const { classes } = regression
  const k = classes.length
  // with one class in its training rows, a fold answers with that
  if (k < 2) return rows.map(() => classes[0]!)
  const scores = await classScores(features, shape, regression, solution, rows)
  return rows.map((_, t) => {
    let best = 0
    for (let j = 1; j < k; j++) if (scores[t * k + j]! > scores[t * k + best]!) best = j
    return classes[best]!
  })
}

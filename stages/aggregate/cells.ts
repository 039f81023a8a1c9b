/** Cells: the scores of one fit with their interval, found by what was asked. */
import { correctedInterval, type Interval } from "../statistics/intervals.ts"
import type { QuestionName } from "../tables/fits.ts"
import { measureOf } from "../tables/questions.ts"
import type { Score } from "../tables/scores.ts"

export interface Cell extends Score {
  /** 95 % of `balanced_accuracy`, cut to 0 … 1 */
  readonly low: number | null
  readonly high: number | null
  /** A_pp, A_ps …; null for a question that is not about a pair */
  readonly measure: string | null
}

export function cellOf(score: Score): Cell {
  const { balanced_accuracy: accuracy, run_accuracy: runs } = score
  const interval = accuracy === null ? null : intervalOf(runs, score.folds)
  const half = interval === null ? NaN : (interval.upper - interval.lower) / 2
  return {
    ...score,
    low: interval === null ? null : Math.max(0, accuracy! - half),
    high: interval === null ? null : Math.min(1, accuracy! + half),
    measure: measureOf(score)
  }
}

/** The corrected interval of a mean over seeds and folds; null if one of them has no value, or with fewer than two folds. */
export const intervalOf = (runs: ReadonlyArray<number>, folds: number): Interval | null =>
  isComplete(runs, folds) ? correctedInterval(runs, { folds }) : null

/** Whether each seed and fold has a value, so that they have an interval. */
export const isComplete = (runs: ReadonlyArray<number>, folds: number): boolean =>
  folds >= 2 && runs.length > 0 && runs.length % folds === 0 && runs.every(Number.isFinite)

/** Cells by what was asked. */
export class CellIndex {
  readonly #cells = new Map<string, Cell>()

  constructor(cells: ReadonlyArray<Cell>) {
    for (const cell of cells) this.#cells.set(keyOf(cell), cell)
  }

  /** The cell that was asked the same but for `some`: of the same encoder, probe, tap … */
  beside(
    cell: CellName,
    some: Partial<Pick<QuestionName, "tap" | "source" | "task" | "target">>
  ): Cell | undefined {
    return this.#cells.get(keyOf({ ...questionOf(cell), ...some }))
  }
}

export type CellName = Omit<QuestionName, "encoder_digest" | "blocks">
const questionOf = ({ encoder, probe, selection, tap, token, source, task, target }: CellName): CellName => ({
  encoder,
  probe,
  selection,
  tap,
  token,
  source,
  task,
  target
})
const keyOf = ({ encoder, probe, selection, tap, token, source, task, target }: CellName) =>
  JSON.stringify([encoder, probe, selection, tap, token, source, task, target])

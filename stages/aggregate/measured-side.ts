/** One side of a comparison of measures: what its runs were, whichever tap and however many tasks. */
import { ratioSeries, type RunSeries } from "../statistics/differences.ts"
import type { Score } from "../tables/scores.ts"
import { sidesOf } from "../tables/questions.ts"
import { type Cell, CellIndex, type CellName, intervalOf, isComplete } from "./cells.ts"
import { leastLimit, published } from "./measures.ts"

/** Where a quantity is measured: the tasks whose mean it is, and the tap of each run. */
export interface MeasuredAt extends Pick<CellName, "probe" | "selection" | "token"> {
  readonly tasks: ReadonlyArray<string | null>
  readonly tapOf: (run: number) => string
}
/** Which tokens are asked for what. */
export type AskedTokens = Pick<CellName, "source" | "target">

/** A quantity of one side: its value, and its runs if all seeds and folds have one. */
export interface Quantity {
  readonly value: number | null
  readonly runs: RunSeries | null
  /** of the examples, over all tasks */
  readonly images: number
  /** the cells that it is made of */
  readonly cells: ReadonlyArray<Cell>
  /** dM/dA: what an error of one accuracy becomes in a ratio; 1 for accuracies */
  readonly scale: number
}

export class MeasuredSide {
  readonly encoder: string
  readonly cells: ReadonlyArray<Cell>
  readonly #index: CellIndex

  /** @param cells those of one encoder */
  constructor(encoder: string, cells: ReadonlyArray<Cell>) {
    this.encoder = encoder
    this.cells = cells
    this.#index = new CellIndex(cells)
  }

  /** The cell of another side that was asked the same. */
  like(cell: CellName): Cell | undefined {
    return this.#index.beside({ ...cell, encoder: this.encoder }, {})
  }

  at(place: MeasuredAt, { source, target }: AskedTokens, tap: string, task: string | null): Cell | undefined {
    const { probe, selection, token } = place
    return this.#index.beside(
      { encoder: this.encoder, probe, selection, tap, token, source, task, target },
      {}
    )
  }

  /** A balanced accuracy, the mean over the tasks; null if a cell is missing. */
  accuracy(place: MeasuredAt, question: AskedTokens): Quantity | null {
    const cellsAt = (tap: string) => place.tasks.map((task) => this.at(place, question, tap, task))
    let [tap, cells] = [place.tapOf(0), cellsAt(place.tapOf(0))]
    const first = cells[0]
    if (first === undefined) return null
    const { folds, run_accuracy } = first
    const used = new Set<Cell>()
    const values: Array<number> = []
    // an undefined cell has no runs
    for (let run = 0; run < Math.max(1, run_accuracy.length); run++) {
      if (place.tapOf(run) !== tap) [tap, cells] = [place.tapOf(run), cellsAt(place.tapOf(run))]
      let sum = 0
      for (const cell of cells) {
        if (cell === undefined) return null
        used.add(cell)
        const isLike = cell.folds === folds && cell.run_accuracy.length === run_accuracy.length
        sum += isLike ? (cell.run_accuracy[run] ?? NaN) : NaN
      }
      values.push(sum / cells.length)
    }
    const all = [...used]
    return {
      // as in the table of measures; with several taps there is no pooled value
      value: all.length === place.tasks.length ? pooled(all) : finite(mean(values)),
      runs: isComplete(values, folds) ? { values, folds } : null,
      images: imagesOf(all, place),
      cells: all,
      scale: 1
    }
  }

  /** M2 with c = 0, or corrected with the chance c; null where it is undefined (see `measures`). */
  ratio(place: MeasuredAt, kind: "m2" | "m2_corrected"): Quantity | null {
    const above = this.accuracy(place, { source: "secondary", target: "primary" })
    const below = this.accuracy(place, { source: "primary", target: "primary" })
    if (above?.runs == null || below?.runs == null) return null
    const { folds } = above.runs
    if (folds !== below.runs.folds || above.runs.values.length !== below.runs.values.length) return null
    const isClear = intervalOf(below.runs.values, folds)!.lower >= leastLimit
    if (!isClear && !(kind === "m2" && place.selection === published)) return null
    const chance = kind === "m2" ? 0 : chanceOf([...above.cells, ...below.cells])
    if (chance === null) return null
    const values = ratioSeries(above.runs.values, below.runs.values, chance)
    if (values === null) return null
    const value = mean(values)
    return {
      value,
      runs: { values, folds },
      images: above.images,
      cells: [...above.cells, ...below.cells],
      scale: Math.sqrt(1 + value * value) / Math.abs(mean(below.runs.values) - chance)
    }
  }

  /** A_sp − A_bg, like with like (see `measures`); null where that is undefined. */
  beyondBackground(place: MeasuredAt): Quantity | null {
    const { object, background, target } = sidesOf.background
    const [ours, theirs] = [object, background].map((source) => this.accuracy(place, { source, target }))
    if (ours?.runs == null || theirs?.runs == null) return null
    const { values, folds } = ours.runs
    if (folds !== theirs.runs.folds || values.length !== theirs.runs.values.length) return null
    if (ours.cells.some((cell, i) => cell.examples_digest !== theirs.cells[i]!.examples_digest)) return null
    const differences = values.map((value, run) => value - theirs.runs!.values[run]!)
    return {
      value: mean(differences),
      runs: { values: differences, folds },
      images: ours.images,
      cells: [...ours.cells, ...theirs.cells],
      scale: Math.SQRT2
    }
  }
}

/** What the tables of scores show of the answers: where all is equal to the last bit, so were the answers. */
const shown = [
  "examples_digest",
  "balanced_accuracy",
  "run_accuracy",
  "plain_accuracy",
  "macro_f1",
  "log_loss",
  "labels",
  "recalls",
  "label_n"
] as const satisfies ReadonlyArray<keyof Score>

/** Whether two quantities come from the same answers; a Perceptron's scores lack the log-loss that would show it. */
export const haveSameAnswers = (a: Quantity, b: Quantity): boolean =>
  a.cells.length === b.cells.length &&
  a.cells.every((cell, i) => {
    const other = b.cells[i]!
    return (
      cell.log_loss !== null &&
      cell.examples_digest !== null &&
      shown.every((name) => JSON.stringify(cell[name]) === JSON.stringify(other[name]))
    )
  })

/** Whether each task's questions were about the same examples. */
export function haveSameExamples(a: Quantity, b: Quantity): boolean {
  const ours = new Map(a.cells.map(({ task, examples_digest }) => [task, examples_digest]))
  return b.cells.every(({ task, examples_digest }) => ours.get(task) === examples_digest)
}

/** The chance of all cells, the mean over tasks; null if A_sp and A_pp of a task differ in it. */
function chanceOf(cells: ReadonlyArray<Cell>): number | null {
  const ofTask = new Map<string | null, number | null>()
  for (const { task, chance } of cells) {
    const before = ofTask.get(task)
    if (chance === null || (before !== undefined && before !== chance)) return null
    ofTask.set(task, chance)
  }
  return mean([...ofTask.values()] as ReadonlyArray<number>)
}

/** Cells of one task at several taps are about the same images. */
function imagesOf(cells: ReadonlyArray<Cell>, { tasks }: MeasuredAt): number {
  const byTask = new Map(cells.map(({ task, images }) => [task, images]))
  return tasks.reduce((sum, task) => sum + byTask.get(task)!, 0)
}

const pooled = (cells: ReadonlyArray<Cell>): number | null =>
  cells.some(({ balanced_accuracy: accuracy }) => accuracy === null)
    ? null
    : mean(cells.map(({ balanced_accuracy: accuracy }) => accuracy!))
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)
const mean = (values: ReadonlyArray<number>): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** Compares the measures of two artifacts cell by cell, and the means over their tasks. */
import { type ComparedNumber, runDifference } from "../verdicts/judge.ts"
import type { measureThresholds } from "../verdicts/margins.ts"
import type { Cell } from "./cells.ts"
import {
  type MeasuredSide,
  haveSameAnswers,
  haveSameExamples,
  type MeasuredAt,
  type Quantity
} from "./measured-side.ts"

/** The largest differences that count as none, and the level of tests. */
export type Margins = Readonly<Record<keyof typeof measureThresholds, number>>

/** What is compared, and where. */
export interface ComparedMeasure extends ComparedNumber {
  readonly quantity: string
  /** A_sp …, or `accuracy` for questions that are not about a pair; M2 and A_sp − A_bg are no accuracies of one cell */
  readonly isAccuracy: boolean
  readonly place: MeasuredAt
  readonly source: string
  readonly target: string
  readonly hasSameExamples: boolean
}

export const quantityNames = { m2: "M2", m2_corrected: "corrected M2", entanglement: "A_sp − A_bg" } as const

export const accuracyName = ({ measure }: Pick<Cell, "measure">): string => measure ?? "accuracy"

/** A cell of each side that were asked the same. */
export interface CellPair {
  readonly a: Cell
  readonly b: Cell
}

/**
 * What can be compared at one place: the accuracy of a question, and, for A_sp, what is made of it. Quantities that are
 * undefined on either side are left out, but for the accuracy itself.
 *
 * @param cell says what the question is
 * @param taskCount how many tasks of a pair both sides share: an accuracy of one of several has a wider margin
 */
export function measuresAt(
  [a, b]: readonly [MeasuredSide, MeasuredSide],
  place: MeasuredAt,
  cell: Pick<Cell, "source" | "target" | "measure">,
  margins: Margins,
  taskCount: number
): ReadonlyArray<ComparedMeasure> {
  const { source, target, measure } = cell
  const isOneOfSeveral = measure !== null && place.tasks.length === 1 && taskCount > 1
  const ofAccuracy = isOneOfSeveral ? margins.accuracy_of_task : margins.accuracy
  const compare = (
    quantity: string,
    delta: number,
    of: (side: MeasuredSide) => Quantity | null,
    isAccuracy = false
  ): ReadonlyArray<ComparedMeasure> => {
    const [ours, theirs] = [of(a), of(b)]
    if (ours === null || theirs === null) return []
    const images = Math.min(ours.images, theirs.images)
    const ofRuns = runDifference(ours.runs, theirs.runs, images, Math.max(ours.scale, theirs.scale))
    const isDefined = ofRuns !== null && ours.value !== null && theirs.value !== null
    return [
      {
        quantity,
        isAccuracy,
        place,
        source,
        target,
        a: ours.value,
        b: theirs.value,
        // accuracies are pooled over folds; their error is that of the runs
        difference: isDefined ? { ...ofRuns, estimate: theirs.value - ours.value } : null,
        isEqual: haveSameAnswers(ours, theirs),
        hasSameExamples: haveSameExamples(ours, theirs),
        images,
        delta
      }
    ]
  }
  const accuracy = compare(
    accuracyName(cell),
    ofAccuracy,
    (side) => side.accuracy(place, { source, target }),
    true
  )
  if (measure !== "A_sp") return accuracy
  return [
    ...accuracy,
    ...compare(quantityNames.m2, margins.m2, (side) => side.ratio(place, "m2")),
    ...compare(quantityNames.m2_corrected, margins.m2_corrected, (side) => side.ratio(place, "m2_corrected")),
    ...compare(quantityNames.entanglement, ofAccuracy, (side) => side.beyondBackground(place))
  ]
}

/** The tasks of both sides, by all but task and tap. */
export function tasksOf(pairs: ReadonlyArray<CellPair>): (cell: Cell) => ReadonlyArray<string | null> {
  const tasks = new Map<string, Set<string | null>>()
  for (const { a } of pairs) {
    const key = taskless(a)
    tasks.set(key, (tasks.get(key) ?? new Set()).add(a.task))
  }
  const lists = new Map([...tasks].map(([key, of]) => [key, [...of]]))
  return (cell) => lists.get(taskless(cell)) ?? []
}
const taskless = ({ probe, selection, token, source, target }: Cell) =>
  JSON.stringify([probe, selection, token, source, target])

/** Every cell that both sides have, then the means over tasks at each tap where both have several. */
export function compareCells(
  sides: readonly [MeasuredSide, MeasuredSide],
  pairs: ReadonlyArray<CellPair>,
  margins: Margins
): ReadonlyArray<ComparedMeasure> {
  const tasks = tasksOf(pairs)
  const found = pairs.flatMap(({ a }) => measuresAt(sides, placeOf(a, [a.task]), a, margins, tasks(a).length))
  const means = new Map<string, Cell>()
  for (const { a } of pairs)
    if (tasks(a).length > 1) {
      const key = JSON.stringify([taskless(a), a.tap])
      if (!means.has(key)) means.set(key, a)
    }
  return [
    ...found,
    ...[...means.values()].flatMap((a) =>
      measuresAt(sides, placeOf(a, tasks(a)), a, margins, tasks(a).length)
    )
  ]
}

const placeOf = ({ probe, selection, token, tap }: Cell, tasks: MeasuredAt["tasks"]): MeasuredAt => ({
  probe,
  selection,
  token,
  tasks,
  tapOf: () => tap
})

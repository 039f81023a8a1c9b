/** The tables of a comparison of measures. */
import type { ComparisonTable } from "../../src/index.ts"
import { judgementDoc, judgementTable, type JudgedRow } from "../verdicts/words.ts"
import type { Judgement } from "../verdicts/judge.ts"
import type { ComparedMeasure } from "./compare-cells.ts"
import { accuracyName } from "./compare-cells.ts"
import type { MeasuredSide } from "./measured-side.ts"
import { placeOfTap } from "./depth.ts"

export interface JudgedMeasure {
  /** the names of the encoder on both sides */
  readonly encoder: string
  readonly encoderB: string
  /** of the overall verdict */
  readonly layer: string | null
  readonly measure: ComparedMeasure
  readonly found: Judgement
  readonly words: string
}

const names = [
  "encoder",
  "encoder_b",
  "probe",
  "selection",
  "tap",
  "token",
  "source",
  "task",
  "tasks",
  "target",
  "quantity",
  "same_examples"
] as const
type Name = (typeof names)[number]

const rowOf = (one: JudgedMeasure, tap: string | null): JudgedRow<Name> => {
  const { measure, found, words } = one
  const { place, source, target, quantity, hasSameExamples } = measure
  return {
    names: {
      encoder: one.encoder,
      encoder_b: one.encoderB,
      probe: place.probe,
      selection: place.selection,
      tap,
      token: place.token,
      source,
      task: place.tasks.length === 1 ? place.tasks[0]! : null,
      tasks: place.tasks.length,
      target,
      quantity,
      same_examples: hasSameExamples
    },
    compared: measure,
    found,
    words
  }
}

export const overallTable = (all: ReadonlyArray<JudgedMeasure>): ComparisonTable =>
  judgementTable(
    `what the overall verdict rests on (M2 and A_sp − A_bg are shown beside it), at a's best layer, chosen in each fold within the training rows; tasks: how many it is the mean of; ${judgementDoc}`,
    names,
    all.map((one) => rowOf(one, one.layer))
  )

export const cellTable = (all: ReadonlyArray<JudgedMeasure>): ComparisonTable =>
  judgementTable(
    `every cell that both sides have, and means over tasks (task is null, tasks says of how many); ${judgementDoc}`,
    names,
    all.map((one) => rowOf(one, one.measure.place.tapOf(0)))
  )

/** Both sides' accuracies along the network. */
export const accuracyByTap = (
  encoders: ReadonlyArray<readonly [MeasuredSide, MeasuredSide]>
): ComparisonTable => ({
  doc: "the accuracies of both sides at each tap, with their 95 % intervals",
  columns: [
    "side",
    "encoder",
    "probe",
    "selection",
    "token",
    "source",
    "task",
    "target",
    "measure",
    "tap",
    "layer",
    "depth",
    "accuracy",
    "low",
    "high",
    "chance"
  ],
  rows: encoders.flatMap((sides) =>
    sides.flatMap(({ cells }, i) =>
      cells.map((cell) => {
        const { layer, depth } = placeOfTap(cell.tap, cell.blocks)
        return [
          i === 0 ? "a" : "b",
          cell.encoder,
          cell.probe,
          cell.selection,
          cell.token,
          cell.source,
          cell.task,
          cell.target,
          accuracyName(cell),
          cell.tap,
          layer,
          depth,
          cell.balanced_accuracy,
          cell.low,
          cell.high,
          cell.chance
        ]
      })
    )
  )
})

/** Differences of accuracies by tap and token: the means over tasks where there are several. */
export function deltaByTapToken(all: ReadonlyArray<JudgedMeasure>): ComparisonTable {
  const keyOf = ({ encoder, measure: { place, source, target } }: JudgedMeasure) =>
    JSON.stringify([encoder, place.probe, place.selection, place.token, source, target])
  const accuracies = all.filter(({ measure }) => measure.isAccuracy)
  const averaged = new Set(accuracies.filter(({ measure }) => measure.place.tasks.length > 1).map(keyOf))
  return {
    doc: "b − a of each accuracy, by tap and token; the mean over tasks where there are several",
    columns: [
      "encoder",
      "probe",
      "selection",
      "source",
      "target",
      "quantity",
      "tap",
      "token",
      "difference",
      "low",
      "high",
      "verdict"
    ],
    rows: accuracies
      .filter((one) => one.measure.place.tasks.length > 1 || !averaged.has(keyOf(one)))
      .map(({ encoder, measure: { place, source, target, quantity }, found }) => [
        encoder,
        place.probe,
        place.selection,
        source,
        target,
        quantity,
        place.tapOf(0),
        place.token,
        found.estimate,
        found.low,
        found.high,
        found.verdict
      ])
  }
}

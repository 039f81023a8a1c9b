/** Predictions of probes, out of fold: a row an example, probe, tap and seed. */
import { column, type Row } from "../../src/index.ts"

/** Which probe, and what it was asked. */
export const questionColumns = {
  encoder: column.utf8(),
  /** `logistic` or `perceptron` */
  probe: column.utf8(),
  tap: column.utf8(),
  token: column.utf8(),
  source: column.utf8(),
  target: column.utf8()
}
/** What scores are made of. */
export const answerColumns = {
  ...questionColumns,
  /** the number of the seed whose folds these are, and the fold that was held out */
  seed: column.int32(),
  fold: column.int32(),
  scene: column.utf8(),
  /** the first of the ids of the scenes that show this image: rows of one image share a fold, and images are the unit of intervals */
  image: column.utf8(),
  object: column.int32(),
  cell: column.utf8(),
  label: column.utf8(),
  /** null where the probe is undefined: the tap is constant over the training rows */
  predicted: column.nullable(column.utf8())
}
export const predictionColumns = {
  ...answerColumns,
  /** logistic: the strength C chosen within the training rows */
  c: column.nullable(column.float64())
}
/** One prediction, as scores read it. */
export type Prediction = Row<typeof answerColumns>

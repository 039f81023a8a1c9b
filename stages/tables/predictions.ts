/** Out-of-fold predictions of probes: one row per answer to one example, by one probe at one tap, with one seed. */
import { column, type Row } from "../../src/index.ts"
import { readRows, type ReadableColumns } from "./readers.ts"

/** Which probe, and its question. Measures have these columns too. */
export const questionColumns = {
  /** the encoder's name, as given to `fit-probes` */
  encoder: column.utf8(),
  /** `logistic` or `perceptron` */
  probe: column.utf8(),
  tap: column.utf8(),
  /** the kind of token, and what it stands for (see tokens) */
  token: column.utf8(),
  source: column.utf8(),
  /** the question: `category`, `primary`, `secondary` */
  target: column.utf8()
}
/** The input of scores. */
export const answerColumns = {
  ...questionColumns,
  /** the number of the seed that made these folds, and the held-out fold */
  seed: column.int32(),
  fold: column.int32(),
  scene: column.utf8(),
  /**
   * the first id of the scenes that show this image: all rows of an image share a fold, and images are the unit of
   * intervals
   */
  image: column.utf8(),
  /** the example's; −1 (`noObject`): the question was about the scene itself */
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
/** Names a probe at a tap, and its question. */
export type QuestionName = Row<typeof questionColumns>
/** One prediction, as scores read it. */
export type Prediction = Row<typeof answerColumns>

/** The columns of a row that name its probe and its question. */
export const questionNameOf = ({
  encoder,
  probe,
  tap,
  token,
  source,
  target
}: QuestionName): QuestionName => ({
  encoder,
  probe,
  tap,
  token,
  source,
  target
})
/** The same as a string: equal for rows of one probe and question. */
export const questionKey = ({ encoder, probe, tap, token, source, target }: QuestionName): string =>
  JSON.stringify([encoder, probe, tap, token, source, target])

/** All rows of a table, in order. */
export const readPredictions = (table: ReadableColumns<Prediction>): Promise<ReadonlyArray<Prediction>> =>
  readRows(table, answerColumns)

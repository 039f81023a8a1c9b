/** Predictions of probes, out of fold: a row is an answer to one example, by one probe at one tap, with one seed. */
import { column, type Row } from "../../src/index.ts"
import { readRows, type ReadableColumns } from "./readers.ts"

/** Which probe, and what it was asked. Measures have these columns too. */
export const questionColumns = {
  /** the encoder's name, as `fit-probes` was given it */
  encoder: column.utf8(),
  /** `logistic` or `perceptron` */
  probe: column.utf8(),
  tap: column.utf8(),
  /** the kind of token, and what it stands for (see tokens) */
  token: column.utf8(),
  source: column.utf8(),
  /** what is asked: `category`, `primary`, `secondary` */
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
  /** as the example has it; −1 (`noObject`): the scene itself was asked about */
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
/** The same as text: equal for the rows of one probe and question. */
export const questionKey = ({ encoder, probe, tap, token, source, target }: QuestionName): string =>
  JSON.stringify([encoder, probe, tap, token, source, target])

/** All of a table, in its order. */
export const readPredictions = (table: ReadableColumns<Prediction>): Promise<ReadonlyArray<Prediction>> =>
  readRows(table, answerColumns)

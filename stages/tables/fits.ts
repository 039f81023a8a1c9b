/** Fits: one row per fit, with its out-of-fold predictions as lists. The item is the fit. */
import { column, type Row } from "../../src/index.ts"

/** What is fitted: which probe, on which tokens at which tap, and for which question. */
export const fitNameColumns = {
  /** the kind of probe: `logistic` or `perceptron` */
  probe: column.utf8(),
  tap: column.utf8(),
  /** the kind of token, and what it stands for (see tokens) */
  token: column.utf8(),
  source: column.utf8(),
  /** the question: `category`, `primary`, `secondary` */
  target: column.utf8()
}
export type FitName = Row<typeof fitNameColumns>
/** The same, and whose activations. Measures have these columns too. */
export const questionColumns = {
  /** the encoder's name, as given to `fit-probes` */
  encoder: column.utf8(),
  ...fitNameColumns
}
/** Names a fit among those of all encoders. */
export type QuestionName = Row<typeof questionColumns>

/** Lists with one entry per held-out prediction: of one example, with one seed. */
export const predictionColumns = {
  /** the number of the seed that made these folds, and the held-out fold */
  seed: column.list(column.int32()),
  fold: column.list(column.int32()),
  scene: column.list(column.utf8()),
  /**
   * the first id of the scenes that show this image: all predictions about an image share a fold, and images are the unit
   * of intervals
   */
  image: column.list(column.utf8()),
  /** the example's; −1 (`noObject`): the question was about the scene itself */
  object: column.list(column.int32()),
  cell: column.list(column.utf8()),
  label: column.list(column.utf8()),
  predicted: column.list(column.utf8())
}
/** The input of scores. */
export const scoredColumns = {
  ...questionColumns,
  /** how many examples, images and classes the question has */
  n: column.int32(),
  images: column.int32(),
  classes: column.int32(),
  /** null if the fit is defined; otherwise it has no predictions */
  undefined_because: column.nullable(column.utf8()),
  ...predictionColumns
}
export const fitColumns = {
  ...scoredColumns,
  /** one entry per split of a logistic fit: its seed and fold, and the strength C chosen within the training rows */
  split_seed: column.list(column.int32()),
  split_fold: column.list(column.int32()),
  c: column.list(column.float64())
}
/** The values of `undefined_because`. */
export const undefinedBecause = {
  untargeted: "no example asks about this target",
  leftOut: "every example about this target is left out",
  tokenless: "no example has such a token",
  few: "too few examples",
  constant: "the tap is constant over the training rows",
  "one-class": "the training rows have one class only"
} as const
/** Whether a fit lacks examples, so that it has nothing to measure. */
export const lacksExamples = ({ undefined_because: why }: Pick<ScoredFit, "undefined_because">): boolean =>
  why !== null && why !== undefinedBecause.constant && why !== undefinedBecause["one-class"]

export type Fit = Row<typeof fitColumns>
export type ScoredFit = Row<typeof scoredColumns>

export interface Prediction {
  readonly seed: number
  readonly fold: number
  readonly scene: string
  readonly image: string
  readonly object: number
  readonly cell: string
  readonly label: string
  readonly predicted: string
}
export const predictionsOf = ({
  seed,
  fold,
  scene,
  image,
  object,
  cell,
  label,
  predicted
}: ScoredFit): ReadonlyArray<Prediction> =>
  seed.map((_, i) => ({
    seed: seed[i]!,
    fold: fold[i]!,
    scene: scene[i]!,
    image: image[i]!,
    object: object[i]!,
    cell: cell[i]!,
    label: label[i]!,
    predicted: predicted[i]!
  }))

/**
 * The id of a fit, such as `logistic/block.3.resid_post/avg_obj/primary/secondary`. A `/` or `%` within a part is written
 * as in a URL: `%2F`, `%25`.
 */
export const fitId = ({ probe, tap, token, source, target }: FitName): string =>
  [probe, tap, token, source, target]
    .map((part) => part.replaceAll("%", "%25").replaceAll("/", "%2F"))
    .join("/")

/** The columns of a row that name its fit. */
export const questionNameOf = ({
  encoder,
  probe,
  tap,
  token,
  source,
  target
}: QuestionName): QuestionName => ({ encoder, probe, tap, token, source, target })

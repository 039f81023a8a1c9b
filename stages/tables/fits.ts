/** Fits: one row per fit, with its out-of-fold predictions as lists. The item is the fit. */
import { column, type Row } from "../../src/index.ts"
import { encoderColumns } from "./activations.ts"

/** The kinds of probe. */
export const probeNames = ["logistic", "perceptron"] as const

/** What is fitted: which probe, on which tokens at which tap, and for which question. */
export const fitNameColumns = {
  /** one of `probeNames` */
  probe: column.utf8(),
  /** how masks became patches (see masks); activations without a selection serve any */
  selection: column.utf8(),
  tap: column.utf8(),
  /** the kind of token, and what it stands for (see tokens) */
  token: column.utf8(),
  source: column.utf8(),
  /** the paired task, or the category of a question about presence; null for `category` */
  task: column.nullable(column.utf8()),
  /** the question: `category`, `primary`, `secondary`, `presence` */
  target: column.utf8()
}
export type FitName = Row<typeof fitNameColumns>
/** The same, and whose activations. Scores and measures have these columns too. */
export const questionColumns = {
  /** the encoder's name, as given to `fit-probes` */
  encoder: column.utf8(),
  /** the activations' (see there) */
  ...encoderColumns,
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
  predicted: column.list(column.utf8()),
  /** ln p of the label; NaN for a Perceptron; ln 2⁻⁵² (−36.04…) for a label that the training rows lack */
  log_probability: column.list(column.float64()),
  /** whether the example's secondary category occurs with one primary only in the training rows; scores leave it out */
  one_sided: column.list(column.bool())
}
/** A fit's name, its examples and its settings. */
export const describedFitColumns = {
  ...questionColumns,
  /** how many examples, images and classes the question has */
  n: column.int32(),
  images: column.int32(),
  classes: column.int32(),
  /** K and S of the settings: folds, and how often images are dealt to them */
  folds: column.int32(),
  seeds: column.int32(),
  /** null if the fit is defined; otherwise it has no predictions */
  undefined_because: column.nullable(column.utf8())
}
/** Lists with one entry per split. */
export const splitColumns = {
  split_seed: column.list(column.int32()),
  split_fold: column.list(column.int32()),
  /** the strength C chosen within the training rows; NaN for a Perceptron */
  c: column.list(column.float64()),
  /** `lower` or `upper` if C lies at that end of the grid; else "" */
  edge: column.list(column.utf8()),
  converged: column.list(column.bool()),
  /** passes over the training rows; 0 for a logistic regression */
  epochs: column.list(column.int32()),
  /** balanced accuracy over the inner folds at the chosen C; NaN for a Perceptron */
  inner_accuracy: column.list(column.float64())
}
export const fitColumns = {
  ...describedFitColumns,
  ...predictionColumns,
  ...splitColumns,
  /** scaler and coefficients of each split, as safetensors; null unless `keep: "weights"` */
  weights: column.nullable(column.file())
}
/** The values of `undefined_because`. */
export const undefinedBecause = {
  untargeted: "no example asks about this target",
  taskless: "no example asks about this task",
  unasked: "no example asks this encoder, or about this selection",
  leftOut: "every example about this target is left out",
  unselected: "no such token has this selection",
  untasked: "no such token belongs to this task",
  tokenless: "no example has such a token",
  few: "too few examples",
  constant: "the tap is constant over the training rows",
  "one-class": "the training rows have one class only"
} as const
/** Whether a fit lacks examples, so that it has nothing to measure. */
export const lacksExamples = ({ undefined_because: why }: Pick<Fit, "undefined_because">): boolean =>
  why !== null && why !== undefinedBecause.constant && why !== undefinedBecause["one-class"]

export type Fit = Row<typeof fitColumns>

/**
 * The id of a fit, such as `logistic/aligned/block.3.resid_post/avg_obj/secondary/0/primary`: probe, selection, tap,
 * token, source, task if there is one, target. A `/` or `%` within a part is written as in a URL: `%2F`, `%25`.
 */
export const fitId = ({ probe, selection, tap, token, source, task, target }: FitName): string =>
  [probe, selection, tap, token, source, ...(task === null ? [] : [task]), target]
    .map((part) => part.replaceAll("%", "%25").replaceAll("/", "%2F"))
    .join("/")

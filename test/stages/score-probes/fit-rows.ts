/** Fits for tests, from predictions as rows. */
import type { CellOf } from "../../../src/index.ts"
import type { Fit, predictionColumns } from "../../../stages/tables/fits.ts"

export type FitRow = Omit<Fit, "weights">
/** One entry of a fit's lists. */
export type Prediction = {
  readonly [K in keyof typeof predictionColumns]: CellOf<(typeof predictionColumns)[K]>[number]
}
/** A prediction of a cell of two letters, such as `ax`; the label is the first, or "?" is predicted. */
export const prediction = (
  cell: string,
  fold: number,
  isRight: boolean,
  some: Partial<Prediction> = {}
): Prediction => ({
  seed: 0,
  fold,
  scene: `${cell}-${fold}`,
  image: some.scene ?? `${cell}-${fold}`,
  object: -1,
  cell,
  label: cell[0]!,
  predicted: isRight ? cell[0]! : "?",
  log_probability: NaN,
  one_sided: false,
  ...some
})

/** A fit of five folds and as many seeds as the predictions name, unless `some` says otherwise. */
export function fitRow(predictions: ReadonlyArray<Prediction>, some: Partial<FitRow> = {}): FitRow {
  const list = <K extends keyof Prediction>(name: K) => predictions.map((one) => one[name])
  return {
    encoder: "vit",
    encoder_digest: null,
    blocks: 12,
    probe: "logistic",
    selection: "aligned",
    tap: "block.3.resid_post",
    token: "avg_obj",
    source: "primary",
    task: "0",
    target: "primary",
    n: new Set(predictions.map(({ scene, object }) => `${scene}/${object}`)).size,
    images: new Set(list("image")).size,
    classes: new Set(list("label")).size,
    folds: 5,
    seeds: 1 + list("seed").reduce((most, seed) => Math.max(most, seed), 0),
    undefined_because: null,
    seed: list("seed"),
    fold: list("fold"),
    scene: list("scene"),
    image: list("image"),
    object: list("object"),
    cell: list("cell"),
    label: list("label"),
    predicted: list("predicted"),
    log_probability: list("log_probability"),
    one_sided: list("one_sided"),
    split_seed: [],
    split_fold: [],
    c: [],
    edge: [],
    converged: [],
    epochs: [],
    inner_accuracy: [],
    ...some
  }
}

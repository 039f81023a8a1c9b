/** One fit: a question's splits, a probe on each, and the row that tells of them. */
import type { Member, StageContext, WrittenRow } from "../../src/index.ts"
import type { ActivationNames } from "../tables/activations.ts"
import { type fitColumns, type FitName, undefinedBecause } from "../tables/fits.ts"
import { INNER_FOLDS, type OuterSplit, type UndefinedProbe } from "./data/probe-data.ts"
import type { Probe, ProbeFit } from "./probes/probe.ts"
import type { Question, Questions } from "./questions.ts"
import type { ImageSplit, Splitting } from "./splits/split.ts"
import { weightsFile } from "./weights-file.ts"

export type NewFit = WrittenRow<typeof fitColumns>

/** What all fits of a node share. */
export interface Prepared {
  readonly questions: Questions
  readonly splitting: Splitting
  /** the columns of the activations that are the same in all rows */
  readonly encoder: { readonly [K in "encoder_digest" | "blocks"]: ActivationNames[K][number] }
}
export interface FitSettings {
  readonly encoder: string
  readonly random_state: number
  readonly keep: "nothing" | "weights"
}

/** @throws RangeError, StageError if the activations or the examples cannot be fitted; the signal's reason if aborted */
export async function fitOne(
  probe: Probe,
  name: FitName,
  activation: Member,
  settings: FitSettings,
  { questions, splitting, encoder }: Prepared,
  context: StageContext
): Promise<NewFit> {
  const question = questions.of(name)
  const { rows, labels, classes, images, image, cell } = question
  const about = {
    encoder: settings.encoder,
    ...encoder,
    probe: name.probe,
    selection: name.selection,
    tap: name.tap,
    token: name.token,
    source: name.source,
    task: name.task,
    target: name.target,
    n: rows.length,
    images: images.length,
    classes: classes.length,
    folds: splitting.folds,
    seeds: splitting.seeds
  }
  const none = (because: string): NewFit => ({ ...about, ...noPredictions, undefined_because: because })
  if (rows.length === 0) return none(questions.whyNone(name))
  const splits = splitsOf(question, splitting.splits)
  if (isTooSmall(question, splits, splitting)) return none(undefinedBecause.few)
  const width = activation.shape.reduce((product, size) => product * size, 1)
  const fits = await probe.fit({
    x: await activation.read(rows),
    width,
    rows: rows.length,
    labels,
    classes: classes.length,
    outer: splits,
    images: image,
    imageIds: images,
    cells: cell,
    settings: { seed: splitting.seed, randomState: settings.random_state },
    signal: context.signal,
    threads: context.threads
  })
  const lacking = fits.find(isUndefined)
  if (lacking !== undefined) return none(undefinedBecause[lacking.undefined])
  const defined = fits as ReadonlyArray<ProbeFit>
  return {
    ...about,
    undefined_because: null,
    ...predictionsFrom(question, splits, defined),
    split_seed: splits.map(({ seed }) => seed),
    split_fold: splits.map(({ fold }) => fold),
    c: defined.map(({ c }) => c),
    edge: defined.map(({ edge }) => edge),
    converged: defined.map(({ converged }) => converged),
    epochs: defined.map(({ epochs }) => epochs),
    inner_accuracy: defined.map(({ innerAccuracy }) => innerAccuracy),
    weights:
      settings.keep === "weights"
        ? weightsFile(
            classes,
            width,
            defined.map(({ weights }) => weights)
          )
        : null
  }
}

const isUndefined = (fit: ProbeFit | UndefinedProbe): fit is UndefinedProbe => fit.undefined !== undefined

interface Split extends OuterSplit {
  readonly seed: number
  readonly fold: number
  /** how many images are trained on */
  readonly trainImages: number
}
/** Splits by row, without those that hold out nothing: with few images, a fold may have no example. */
const splitsOf = (
  { images, image }: Pick<Question, "images" | "image">,
  splits: ReadonlyArray<ImageSplit>
): ReadonlyArray<Split> =>
  splits.flatMap(({ seed, fold, isTest }) => {
    const tested = Uint8Array.from(images, (id) => Number(isTest(id)))
    const rows = Int32Array.from(image.keys())
    const test = rows.filter((row) => tested[image[row]!] === 1)
    if (test.length === 0) return []
    const train = rows.filter((row) => tested[image[row]!] === 0)
    const trainImages = tested.reduce((count, isOut) => count + 1 - isOut, 0)
    return { seed, fold, train, test, trainImages }
  })

/** A probe needs two classes, and enough images for its outer and inner folds. */
const isTooSmall = (
  { classes, images }: Question,
  splits: ReadonlyArray<Split>,
  { leastImages }: Splitting
): boolean =>
  classes.length < 2 ||
  images.length < leastImages ||
  splits.length === 0 ||
  splits.some(({ trainImages }) => trainImages < INNER_FOLDS)

function predictionsFrom(
  question: Question,
  splits: ReadonlyArray<Split>,
  fits: ReadonlyArray<Pick<ProbeFit, "predictions" | "logProbabilities">>
) {
  const { examples, classes } = question
  const seeds: Array<number> = []
  const folds: Array<number> = []
  const held: Array<number> = []
  const predicted: Array<string> = []
  const logs: Array<number> = []
  const sided: Array<boolean> = []
  splits.forEach(({ seed, fold, train, test }, i) => {
    const { predictions, logProbabilities } = fits[i]!
    const isOneSided = oneSided(question, train)
    test.forEach((row, t) => {
      seeds.push(seed)
      folds.push(fold)
      held.push(row)
      predicted.push(classes[predictions[t]!]!)
      logs.push(logProbabilities === null ? NaN : logProbabilities[t]!)
      sided.push(isOneSided(row))
    })
  })
  return {
    seed: seeds,
    fold: folds,
    scene: held.map((row) => examples[row]!.scene),
    image: held.map((row) => examples[row]!.image),
    object: held.map((row) => examples[row]!.object),
    cell: held.map((row) => examples[row]!.cell),
    label: held.map((row) => examples[row]!.label),
    predicted,
    log_probability: logs,
    one_sided: sided
  }
}

/**
 * Whether a row's secondary category occurs with one primary only in the training rows: it then tells the primary, and
 * a probe that knows the secondary alone would seem to know both.
 */
function oneSided(
  { secondary, labels, classes }: Pick<Question, "secondary" | "labels" | "classes">,
  train: Int32Array
): (row: number) => boolean {
  if (secondary === null) return () => false
  const primaries = new Map<number, Set<number>>()
  for (const row of train) {
    const of = primaries.get(secondary[row]!)
    if (of === undefined) primaries.set(secondary[row]!, new Set([labels[row]!]))
    else if (of.size < classes.length) of.add(labels[row]!)
  }
  return (row) => secondary[row]! >= 0 && primaries.get(secondary[row]!)?.size === 1
}

const noPredictions = {
  seed: [],
  fold: [],
  scene: [],
  image: [],
  object: [],
  cell: [],
  label: [],
  predicted: [],
  log_probability: [],
  one_sided: [],
  split_seed: [],
  split_fold: [],
  c: [],
  edge: [],
  converged: [],
  epochs: [],
  inner_accuracy: [],
  weights: null
}

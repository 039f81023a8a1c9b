/** `fit-probes`: fits one probe for each fit of a list, and gives its out-of-fold predictions. */
import {
  defineStage,
  each,
  failed,
  type Member,
  member,
  one,
  param,
  type StageContext,
  whole
} from "../../src/index.ts"
import { readActivationNames } from "../tables/activations.ts"
import { exampleColumns, readExamples } from "../tables/examples.ts"
import { type Fit, type FitName, fitColumns, fitNameColumns, undefinedBecause } from "../tables/fits.ts"
import { tokenNameColumns } from "../tables/tokens.ts"
import { assignFolds } from "../statistics/folds.ts"
import { fitLogistic } from "./logistic/fit-logistic.ts"
import { probeLosses, refuseDisjoint } from "./losses.ts"
import { fitPerceptron } from "./perceptron/fit-perceptron.ts"
import type { OuterSplit, UndefinedProbe, UndefinedReason } from "./probes/probe.ts"
import { askedOf, type Question, Questions, strata } from "./questions.ts"

const probes = new Set(["logistic", "perceptron"])

interface Settings {
  readonly encoder: string
  readonly folds: number
  readonly seeds: number
  readonly seed: number
}
/** What all fits share. */
interface Prepared {
  readonly questions: Questions
  /** by seed, the fold of each image */
  readonly foldings: ReadonlyArray<ReadonlyMap<string, number>>
}

export const fitProbes = defineStage.itemwise("fit-probes", {
  doc: "fit a perceptron or L2 logistic regression for each fit of a list, on folds grouped by image",
  inputs: {
    fits: each(fitNameColumns),
    activations: whole(tokenNameColumns),
    activation: member("activation", { of: "activations", by: "fits.tap" }),
    examples: whole(exampleColumns)
  },
  params: {
    encoder: param.text({ doc: "the encoder's name in the tables" }),
    folds: param.int({ default: 5, min: 2, doc: "folds, grouped by image" }),
    seeds: param.int({ default: 5, min: 1, doc: "number of times that images are dealt into folds" }),
    seed: param.int({ default: 0 })
  },
  isolate: true,
  // a fit may take minutes, and a kill loses the fits of a call
  chunk: 1,
  output: one(fitColumns),
  losses: ({ output, inputs, params }) => probeLosses(output, inputs, params),
  open: async ({ folds, seed, seeds }, _context, { activations, examples }): Promise<Prepared> => {
    const asked = askedOf(await readExamples(examples))
    const tokens = await readActivationNames(activations)
    await refuseDisjoint(activations, tokens, asked)
    const images = strata(asked)
    return {
      questions: new Questions(asked, tokens),
      foldings: Array.from({ length: seeds }, (_, number) =>
        assignFolds({ images, folds, seed: `${seed}/${number}` })
      )
    }
  },
  compute: (items, { params, resource }, context) =>
    Promise.all(
      items.map(({ fits, activation }) =>
        probes.has(fits.probe)
          ? fitOne(fits, activation, params, resource, context)
          : failed(`its probe, ${JSON.stringify(fits.probe)}, is neither "logistic" nor "perceptron"`)
      )
    )
})

async function fitOne(
  fit: FitName,
  activation: Member,
  settings: Settings,
  { questions, foldings }: Prepared,
  context: StageContext
): Promise<Fit> {
  const { probe, tap, token, source, target } = fit
  const question = questions.of(fit)
  const images = new Set(question.image).size
  const about = {
    encoder: settings.encoder,
    probe,
    tap,
    token,
    source,
    target,
    n: question.rows.length,
    images,
    classes: question.classes.length
  }
  const few = about.n === 0 ? questions.whyNone(target) : tooFew(question, images, settings.folds)
  if (few !== null) return { ...about, ...noPredictions, undefined_because: few }
  const splits = splitsOf(question, foldings, settings.folds)
  const data = {
    x: await activation.read(question.rows),
    width: activation.shape.reduce((product, size) => product * size, 1),
    rows: question.rows.length,
    labels: question.labels,
    classes: question.classes.length,
    outer: splits,
    signal: context.signal
  }
  const fits =
    probe === "logistic"
      ? await fitLogistic({ ...data, ...weighting(question), seed: settings.seed, threads: context.threads })
      : await fitPerceptron(data)
  const defined = fits.flatMap((one) => (isUndefined(one) ? [] : [one]))
  const lacking = fits.find(isUndefined)
  if (lacking !== undefined)
    return { ...about, ...noPredictions, undefined_because: undefinedBecause[lacking.undefined] }
  return {
    ...about,
    undefined_because: null,
    ...predictionsFrom(question, splits, defined),
    ...strengths(splits, defined)
  }
}

const isUndefined = (fit: { readonly undefined?: UndefinedReason }): fit is UndefinedProbe =>
  fit.undefined !== undefined

/** A probe needs two classes, and enough images for its outer and inner folds. */
function tooFew({ classes }: Question, images: number, folds: number): string | null {
  return classes.length < 2 || images < 4 * folds ? undefinedBecause.few : null
}

interface Split extends OuterSplit {
  readonly seed: number
  readonly fold: number
}
/** A split per seed and fold, without those that hold out nothing: with few images, a fold may have no example. */
const splitsOf = ({ image }: Question, foldings: Prepared["foldings"], folds: number): ReadonlyArray<Split> =>
  foldings.flatMap((folding, seed) => {
    const foldOf = image.map((id) => folding.get(id)!)
    const rows = Array.from(foldOf.keys())
    return Array.from({ length: folds }, (_, fold) => ({
      seed,
      fold,
      train: Int32Array.from(rows.filter((row) => foldOf[row] !== fold)),
      test: Int32Array.from(rows.filter((row) => foldOf[row] === fold))
    })).filter(({ test }) => test.length > 0)
  })

/** Cells weigh the same; inner folds go by image. */
function weighting({ image, cell }: Question) {
  const imageIds = [...new Set(image)]
  const number = new Map(imageIds.map((id, i) => [id, i]))
  return { images: Int32Array.from(image, (id) => number.get(id)!), imageIds, cells: cell }
}

function predictionsFrom(
  { scene, image, object, cell, cells, labels, classes }: Question,
  splits: ReadonlyArray<Split>,
  fits: ReadonlyArray<{ readonly predictions: Int32Array }>
) {
  const held = splits.flatMap(({ seed, fold, test }, i) =>
    Array.from(test, (row, k) => ({ seed, fold, row, predicted: fits[i]!.predictions[k]! }))
  )
  return {
    seed: held.map(({ seed }) => seed),
    fold: held.map(({ fold }) => fold),
    scene: held.map(({ row }) => scene[row]!),
    image: held.map(({ row }) => image[row]!),
    object: held.map(({ row }) => object[row]!),
    cell: held.map(({ row }) => cells[cell[row]!]!),
    label: held.map(({ row }) => classes[labels[row]!]!),
    predicted: held.map(({ predicted }) => classes[predicted]!)
  }
}

/** A Perceptron has none. */
function strengths(splits: ReadonlyArray<Split>, fits: ReadonlyArray<object>) {
  const chosen = fits.flatMap((fit, i) => ("c" in fit ? [{ ...splits[i]!, c: fit.c as number }] : []))
  return {
    split_seed: chosen.map(({ seed }) => seed),
    split_fold: chosen.map(({ fold }) => fold),
    c: chosen.map(({ c }) => c)
  }
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
  split_seed: [],
  split_fold: [],
  c: []
}

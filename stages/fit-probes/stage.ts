/** `fit-probes`: out-of-fold predictions that show what a tap's tokens reveal about objects. */
import { defineStage, param, type StageContext, StageError, table, whole } from "../../src/index.ts"
import { activationColumns, readActivationNames } from "../tables/activations.ts"
import { exampleColumns, readExamples } from "../tables/examples.ts"
import { predictionColumns } from "../tables/predictions.ts"
import { assignFolds } from "../statistics/folds.ts"
import { fitLogistic } from "./logistic/fit-logistic.ts"
import { probeLosses, refuseDisjoint, tooFew } from "./losses.ts"
import { fitPerceptron } from "./probes/perceptron.ts"
import type { OuterSplit, UndefinedProbe } from "./probes/probe.ts"
import { askedOf, type Question, questionsOf, strata } from "./questions.ts"

interface Settings {
  readonly encoder: string
  readonly probes: ReadonlyArray<"logistic" | "perceptron">
  readonly folds: number
  readonly seeds: number
  readonly seed: number
}

export const fitProbes = defineStage.whole("fit-probes", {
  doc: "fit a perceptron and L2 logistic regression for every tap, token and target, on folds grouped by image",
  inputs: {
    activations: whole(activationColumns),
    examples: whole(exampleColumns)
  },
  params: {
    encoder: param.text({ doc: "the encoder's name in the tables" }),
    probes: param.list(param.choice(["logistic", "perceptron"]), { default: ["logistic", "perceptron"] }),
    folds: param.int({ default: 5, min: 2, doc: "folds, grouped by image" }),
    seeds: param.int({ default: 5, min: 1, doc: "number of times that images are dealt into folds" }),
    seed: param.int({ default: 0 })
  },
  isolate: true,
  output: table(predictionColumns),
  losses: ({ output, inputs, params }) => probeLosses(output, inputs, params),
  compute: async function* ({ activations, examples }, settings, context) {
    const asked = askedOf(await readExamples(examples))
    const tokens = await readActivationNames(activations)
    await refuseDisjoint(activations, tokens, asked)
    const questions = askable(questionsOf(asked, tokens), settings, context)
    const images = strata(asked)
    const foldings = Array.from({ length: settings.seeds }, (_, number) =>
      assignFolds({ images, folds: settings.folds, seed: `${settings.seed}/${number}` })
    )
    const taps = activations.members("activation")
    let done = 0
    const total = taps.length * questions.length * settings.probes.length
    for (const tap of taps) {
      const { data, shape } = await activations.tensor("activation", tap)
      const width = shape.reduce((product, size) => product * size, 1)
      for (const question of questions) {
        const x = gather(data, width, question.rows)
        for (const probe of settings.probes) {
          yield* predictions({ question, probe, tap, foldings, settings, x, width }, context)
          context.progress(++done, total)
        }
      }
    }
  }
})

/**
 * A probe needs two classes, and enough images for its outer and inner folds. A question that lacks them (for
 * example, few scenes have background tokens) is left out and logged; if all lack them, there is nothing to report
 * and the stage fails.
 */
function askable(
  questions: ReadonlyArray<Question>,
  { folds, encoder }: Settings,
  context: StageContext
): ReadonlyArray<Question> {
  const images = (question: Question) => new Set(question.image).size
  const fit = questions.filter((q) => !tooFew(q, folds))
  for (const q of questions)
    if (fit.length > 0 && !fit.includes(q))
      context.log(
        `no probe of ${q.target} from ${q.token} (${q.source}) of "${encoder}": ${q.rows.length} examples of ${q.classes.length} classes in ${images(q)} images; ${folds} folds need at least 2 classes and ${4 * folds} images`
      )
  if (fit.length > 0) return fit
  const most = questions.reduce((a, q) => Math.max(a, q.rows.length), 0)
  const classes = questions.reduce((a, q) => Math.max(a, q.classes.length), 0)
  const left = questions.reduce((a, q) => Math.max(a, images(q)), 0)
  throw new StageError(
    `too few objects for a probe of "${encoder}": ${most} examples of ${classes} ${classes === 1 ? "class" : "classes"} in ${left} images are left; ${folds} folds need at least 2 classes and ${4 * folds} images`,
    {
      hint:
        most === 0
          ? 'no examples are left: the run\'s report and the table of examples list what was left out and why; if the reason is "too few", lower `minimum` or sample more scenes'
          : "sample more scenes, or lower `minimum`; masks and activations are kept, and the table of examples lists what was left out and why"
    }
  )
}

interface Fit {
  readonly question: Question
  readonly probe: "logistic" | "perceptron"
  readonly tap: string
  readonly foldings: ReadonlyArray<ReadonlyMap<string, number>>
  readonly settings: Settings
  readonly x: Float32Array
  readonly width: number
}

async function* predictions(fit: Fit, context: StageContext) {
  const { question, probe, tap, foldings, settings } = fit
  const folds = foldings.map((folding) => Int32Array.from(question.image, (image) => folding.get(image)!))
  const splits = folds
    .flatMap((of, seed) =>
      Array.from({ length: settings.folds }, (_, fold) => ({ seed, fold, ...splitOf(of, fold) }))
    )
    .filter(({ test }) => test.length > 0) // with few images, some fold may have no test rows
  const fits = await (probe === "logistic"
    ? logistic(fit, splits, context)
    : perceptron(fit, splits, context))
  const { encoder } = settings
  const { token, source, target } = question
  for (const [i, { seed, fold, test }] of splits.entries()) {
    const { predicted, c } = fits[i]!
    for (const [k, row] of test.entries())
      yield {
        encoder,
        probe,
        tap,
        token,
        source,
        target,
        seed,
        fold,
        scene: question.scene[row]!,
        image: question.image[row]!,
        object: question.object[row]!,
        cell: question.cells[question.cell[row]!]!,
        label: question.classes[question.labels[row]!]!,
        predicted: predicted === null ? null : question.classes[predicted[k]!]!,
        c
      }
  }
}
interface Predicted {
  readonly predicted: Int32Array | null
  readonly c: number | null
}

async function logistic(
  { question, settings, x, width }: Fit,
  outer: ReadonlyArray<OuterSplit>,
  { signal }: StageContext
): Promise<ReadonlyArray<Predicted>> {
  const imageIds = [...new Set(question.image)]
  const number = new Map(imageIds.map((id, i) => [id, i]))
  const fits = await fitLogistic({
    ...data(question, x, width),
    images: Int32Array.from(question.image, (image) => number.get(image)!),
    imageIds,
    cells: question.cell,
    outer,
    seed: settings.seed,
    signal
  })
  return fits.map((fit) =>
    isUndefined(fit) ? { predicted: null, c: null } : { predicted: fit.predictions, c: fit.c }
  )
}

async function perceptron(
  { question, x, width }: Fit,
  outer: ReadonlyArray<OuterSplit>,
  { signal }: StageContext
): Promise<ReadonlyArray<Predicted>> {
  const fits = await fitPerceptron({ ...data(question, x, width), outer, signal })
  return fits.map((fit) => ({ predicted: isUndefined(fit) ? null : fit.predictions, c: null }))
}

const isUndefined = (fit: object): fit is UndefinedProbe => "undefined" in fit && fit.undefined !== undefined
const data = (question: Question, x: Float32Array, width: number) => ({
  x,
  width,
  rows: question.rows.length,
  labels: question.labels,
  classes: question.classes.length
})

function splitOf(folds: Int32Array, held: number): OuterSplit {
  const rows = Array.from(folds.keys())
  return {
    train: Int32Array.from(rows.filter((row) => folds[row] !== held)),
    test: Int32Array.from(rows.filter((row) => folds[row] === held))
  }
}

function gather(data: Float32Array, width: number, rows: Int32Array): Float32Array {
  const x = new Float32Array(rows.length * width)
  rows.forEach((row, i) => x.set(data.subarray(row * width, (row + 1) * width), i * width))
  return x
}

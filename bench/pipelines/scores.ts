/**
 * Scores of many predictions, and measures of many scores: planted fits for `score-probes`, planted scores for
 * `aggregate`.
 *
 * A fit has as many predictions as one of the paper's whole data set with five seeds: 16,228 examples, two labels, eight
 * cells, five folds.
 */
import { column, definePipeline, defineStage, each, one, param, type Row, seededRandom } from "probeline"
import { aggregate, scoreProbes } from "probeline/stages"
import { fitColumns } from "../../stages/tables/fits.ts"
import { askingsOf } from "../../stages/tables/questions.ts"
import { scoreColumns } from "../../stages/tables/scores.ts"

const [folds, seeds] = [5, 5]
const name = { encoder: "planted", encoder_digest: null, blocks: 12, probe: "logistic", selection: "aligned" }
const cells = ["cup", "fork"].flatMap((label) =>
  ["bench", "chair", "couch", "bed"].map((other) => ({ label, cell: `${label} × ${other}` }))
)

export const fitNumbers = defineStage.source("fit-numbers", {
  item: "fit",
  params: { fits: param.int() },
  output: one({ number: column.int32() }),
  compute: async function* ({ fits }) {
    for (let number = 0; number < fits; number++) yield { id: String(number), number }
  }
})

/** One fit per call, as in `fit-probes`. */
export const plantedFits = defineStage.itemwise("planted-fits", {
  inputs: { numbers: each({ number: column.int32() }) },
  params: { examples: param.int() },
  chunk: 1,
  output: one(fitColumns),
  compute: (items, { params: { examples } }) =>
    items.map(({ numbers }) => plantedFit(numbers.number, examples))
})

function plantedFit(number: number, examples: number): Row<typeof fitColumns> {
  const random = seededRandom("planted fit", number)
  const rows = Array.from({ length: seeds }, (_, seed) =>
    Array.from({ length: examples }, (__, example) => {
      const fold = Math.floor(random() * folds)
      const isRight = random() < 0.8
      return { seed, fold, example, isRight, log: -random() }
    }).sort((a, b) => a.fold - b.fold)
  ).flat()
  const cellOf = (example: number) => cells[example % cells.length]!
  const other = (label: string) => (label === "cup" ? "fork" : "cup")
  const splits = Array.from({ length: seeds * folds }, (_, run) => run)
  return {
    ...name,
    tap: `block.${number}.resid_post`,
    token: "avg_obj",
    source: "secondary",
    task: null,
    target: "primary",
    n: examples,
    images: examples,
    classes: 2,
    folds,
    seeds,
    undefined_because: null,
    seed: rows.map(({ seed }) => seed),
    fold: rows.map(({ fold }) => fold),
    scene: rows.map(({ example }) => `0000${100_000 + example}`),
    image: rows.map(({ example }) => `0000${100_000 + example}`),
    object: rows.map(() => -1),
    cell: rows.map(({ example }) => cellOf(example).cell),
    label: rows.map(({ example }) => cellOf(example).label),
    predicted: rows.map(({ example, isRight }) => {
      const { label } = cellOf(example)
      return isRight ? label : other(label)
    }),
    log_probability: rows.map(({ log }) => log),
    one_sided: rows.map(() => false),
    split_seed: splits.map((run) => Math.floor(run / folds)),
    split_fold: splits.map((run) => run % folds),
    c: splits.map(() => 1),
    edge: splits.map(() => ""),
    converged: splits.map(() => true),
    epochs: splits.map(() => 0),
    inner_accuracy: splits.map(() => 0.8),
    weights: null
  }
}

export const plantedScores = defineStage.source("planted-scores", {
  item: "fit",
  params: { cells: param.int() },
  output: one(scoreColumns),
  compute: async function* ({ cells: count }) {
    const askings = askingsOf.pair
    for (let number = 0; number < count; number++) {
      const random = seededRandom("planted score", number)
      const { token, source, target } = askings[number % askings.length]!
      const runs = Array.from({ length: folds * seeds }, () => 0.7 + 0.1 * random())
      yield {
        id: String(number),
        ...name,
        n_scored: 16_228,
        tap: `block.${Math.floor(number / askings.length)}.resid_post`,
        token,
        source,
        task: null,
        target,
        n: 400,
        images: 400,
        classes: 2,
        folds,
        seeds,
        undefined_because: null,
        examples_digest: "planted",
        balanced_accuracy: runs.reduce((sum, run) => sum + run, 0) / runs.length,
        run_accuracy: runs,
        plain_accuracy: 0.75,
        chance: 0.5,
        ceiling: null,
        macro_f1: 0.75,
        log_loss: 0.5,
        labels: ["cup", "fork"],
        recalls: [0.75, 0.75],
        label_n: [200, 200],
        folds_with_empty_cells: 0,
        small_cells: null,
        one_sided: 0,
        splits: folds * seeds,
        splits_at_edge: 0,
        splits_unconverged: 0,
        inner_accuracy: runs
      }
    }
  }
})

export default definePipeline("scores", {
  params: {
    fits: param.int({ default: 247, doc: "20 million predictions" }),
    examples: param.int({ default: 16_228 }),
    cells: param.int({ default: 16_000 })
  },
  graph: ({ fits, examples, cells: count }) => {
    const numbers = fitNumbers("numbers", { fits })
    const scored = scoreProbes("scored", { fits: plantedFits("fits", { numbers, examples }) })
    const planted = plantedScores("planted", { cells: count })
    return { scored, measures: aggregate("measures", { scores: [planted] }) }
  }
})

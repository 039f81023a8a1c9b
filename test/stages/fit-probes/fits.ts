/** Fits all probes of tables in memory, as the orchestrator does item by item. */
import type { Example } from "../../../stages/tables/examples.ts"
import type { Fit, FitName, QuestionName } from "../../../stages/tables/fits.ts"
import type { NewFit } from "../../../stages/fit-probes/fit-one.ts"
import type { SplitValues } from "../../../stages/fit-probes/splits/splits.ts"
import { fitProbes } from "../../../stages/fit-probes/stage.ts"
import { computeOf, fakeContext, tableOf } from "../fakes.ts"
import { fitRow, type Prediction } from "../score-probes/fit-rows.ts"

/** A row of the activations. */
export interface TokenName {
  readonly item: string
  readonly source: string
  readonly object: number
  readonly token: string
  readonly selection?: string | null
  readonly task?: string | null
  readonly encoder_digest?: string | null
  readonly blocks?: number | null
}
type Optional = "encoder" | "selection" | "task" | "left_out" | "lacks"
export type GivenExample = Omit<Example, Optional> & Partial<Pick<Example, Optional>>
export interface Given {
  readonly rows: ReadonlyArray<TokenName>
  readonly examples: ReadonlyArray<GivenExample>
  /** by tap, a vector for each row */
  readonly taps: Readonly<Record<string, ReadonlyArray<Float32Array>>>
}
export interface Settings {
  readonly encoder: string
  readonly probes: ReadonlyArray<"logistic" | "perceptron">
  readonly split: SplitValues
  readonly random_state: number
  readonly keep: "nothing" | "weights"
}
export const defaultSettings: Settings = {
  encoder: "vit",
  probes: ["logistic", "perceptron"],
  split: { kind: "kfold", folds: 5, seeds: 1, seed: 0 },
  random_state: 0,
  keep: "nothing"
}
export type NamedPrediction = QuestionName & Prediction

/** Three in four columns are null in most tests. */
export const exampleOf = (example: GivenExample): Example => ({
  encoder: null,
  selection: null,
  task: null,
  left_out: null,
  lacks: [],
  ...example
})
const rowOf = (row: TokenName) => ({
  selection: null,
  task: null,
  encoder_digest: null,
  blocks: null,
  ...row
})

const unique = <A>(values: Iterable<A>): ReadonlyArray<A> => {
  const texts = new Set(Array.from(values, (value) => JSON.stringify(value)))
  return [...texts].sort().map((text) => JSON.parse(text) as A)
}

/** Every probe of every task and target from every token at every tap, with the selection `aligned`. */
export function fitsOf(
  { rows, examples, taps }: Given,
  { probes }: Pick<Settings, "probes">
): Array<FitName> {
  const kinds = unique(rows.map(({ token, source }) => ({ token, source })))
  const asked = unique(examples.map(({ task = null, target }) => ({ task, target })))
  return Object.keys(taps).flatMap((tap) =>
    kinds.flatMap((kind) =>
      asked.flatMap((question) =>
        probes.map((probe): FitName => ({ probe, selection: "aligned", tap, ...kind, ...question }))
      )
    )
  )
}

export async function fitAll(
  given: Given,
  { probes, ...params }: Settings,
  context = fakeContext(fitProbes),
  fits = fitsOf(given, { probes })
): Promise<Array<NewFit>> {
  const tables = {
    activations: tableOf(given.rows.map(rowOf)),
    examples: tableOf(given.examples.map(exampleOf))
  }
  const resource = await fitProbes.stage.spec.open!(params, context, tables)
  const items = fits.map((fit) => ({ id: "?", fits: fit, activation: memberOf(given.taps[fit.tap]!) }))
  const all: Array<NewFit> = []
  for (const item of items)
    all.push(...(await computeOf(fitProbes)([item], { params, resource, ...tables }, context)))
  return all
}

function memberOf(vectors: ReadonlyArray<Float32Array>) {
  const width = vectors[0]?.length ?? 0
  return {
    rows: vectors.length,
    shape: [width],
    read: async (some: ArrayLike<number> = vectors.map((_, i) => i)) => {
      const copy = new Float32Array(some.length * width)
      Array.from(some, (row, i) => copy.set(vectors[row]!, i * width))
      return copy
    }
  }
}

/** The columns of a row that name its fit. */
const questionNameOf = (row: QuestionName): QuestionName => {
  const { encoder, encoder_digest, blocks, probe, selection, tap, token, source, task, target } = row
  return { encoder, encoder_digest, blocks, probe, selection, tap, token, source, task, target }
}

/** One row per answer, with the name of its fit. */
export const namedPredictions = (fits: ReadonlyArray<NewFit>): Array<NamedPrediction> =>
  fits.flatMap((fit) =>
    fit.seed.map((seed, i) => ({
      ...questionNameOf(fit),
      seed,
      fold: fit.fold[i]!,
      scene: fit.scene[i]!,
      image: fit.image[i]!,
      object: fit.object[i]!,
      cell: fit.cell[i]!,
      label: fit.label[i]!,
      predicted: fit.predicted[i]!,
      log_probability: fit.log_probability[i]!,
      one_sided: fit.one_sided[i]!
    }))
  )

/** The fits of some predictions, in their order. */
export function tableOfFits(predictions: ReadonlyArray<NamedPrediction>): Array<Fit> {
  const groups = new Map<string, Array<NamedPrediction>>()
  for (const one of predictions) {
    const key = JSON.stringify(questionNameOf(one))
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  return [...groups.values()].map((all) => {
    const folds = 1 + Math.max(...all.map(({ fold }) => fold))
    return { ...fitRow(all, { ...questionNameOf(all[0]!), folds }), weights: null }
  })
}

/** Fits all probes of tables in memory, as the orchestrator does item by item. */
import type { Example } from "../../../stages/tables/examples.ts"
import {
  type Prediction,
  predictionsOf,
  type Fit,
  type FitName,
  type QuestionName,
  questionNameOf,
  type ScoredFit,
  undefinedBecause
} from "../../../stages/tables/fits.ts"
import { fitProbes } from "../../../stages/fit-probes/stage.ts"
import { computeOf, fakeContext, tableOf } from "../fakes.ts"

export interface Given {
  /** a row of the activations each */
  readonly rows: ReadonlyArray<{
    readonly item: string
    readonly source: string
    readonly object: number
    readonly token: string
  }>
  readonly examples: ReadonlyArray<Example>
  /** by tap, a vector for each row */
  readonly taps: Readonly<Record<string, ReadonlyArray<Float32Array>>>
}
export interface Settings {
  readonly encoder: string
  readonly probes: ReadonlyArray<"logistic" | "perceptron">
  readonly folds: number
  readonly seeds: number
  readonly seed: number
}
export type NamedPrediction = QuestionName & Prediction

const sorted = (texts: Iterable<string>) => [...new Set(texts)].sort()

/** Every probe of every target from every token at every tap. */
export function fitsOf(
  { rows, examples, taps }: Given,
  { probes }: Pick<Settings, "probes">
): Array<FitName> {
  const kinds = sorted(rows.map(({ token, source }) => JSON.stringify([token, source])))
  const targets = sorted(examples.map(({ target }) => target))
  return Object.keys(taps).flatMap((tap) =>
    kinds.flatMap((kind) => {
      const [token, source] = JSON.parse(kind) as [string, string]
      return targets.flatMap((target) => probes.map((probe) => ({ probe, tap, token, source, target })))
    })
  )
}

export async function fitAll(
  given: Given,
  settings: Settings,
  context = fakeContext(fitProbes),
  fits = fitsOf(given, settings)
): Promise<Array<Fit>> {
  const tables = { activations: tableOf(given.rows), examples: tableOf(given.examples) }
  const resource = await fitProbes.stage.spec.open!(settings, context, tables)
  const items = fits.map((fit) => ({ id: "?", fits: fit, activation: memberOf(given.taps[fit.tap]!) }))
  const all: Array<Fit> = []
  for (const item of items)
    all.push(...(await computeOf(fitProbes)([item], { params: settings, resource, ...tables }, context)))
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

/** One row per answer, with the name of its fit. */
export const namedPredictions = (fits: ReadonlyArray<Fit>): Array<NamedPrediction> =>
  fits.flatMap((fit) => predictionsOf(fit).map((answer) => ({ ...questionNameOf(fit), ...answer })))

/** The fits of some predictions, in their order. A fit with a null is undefined. */
export function tableOfFits(
  predictions: ReadonlyArray<Omit<NamedPrediction, "predicted"> & { readonly predicted: string | null }>
): Array<ScoredFit> {
  const groups = new Map<string, Array<(typeof predictions)[number]>>()
  for (const one of predictions) {
    const key = JSON.stringify(questionNameOf(one))
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  return [...groups.values()].map((all) => {
    const isUndefined = all.some(({ predicted }) => predicted === null)
    const list = <K extends keyof Prediction>(name: K) =>
      isUndefined ? [] : all.map((one) => one[name] as Prediction[K])
    return {
      ...questionNameOf(all[0]!),
      n: new Set(all.map(({ scene, object }) => `${scene}/${object}`)).size,
      images: new Set(all.map(({ image }) => image)).size,
      classes: new Set(all.map(({ label }) => label)).size,
      undefined_because: isUndefined ? undefinedBecause.constant : null,
      seed: list("seed"),
      fold: list("fold"),
      scene: list("scene"),
      image: list("image"),
      object: list("object"),
      cell: list("cell"),
      label: list("label"),
      predicted: list("predicted")
    }
  })
}

/**
 * Pairs of artifacts whose true difference is known: scores of planted representations (docs/measures.md, "Planted worlds",
 * with one patch an object), through `fit-probes` and `score-probes`, compared by `aggregate`.
 */
import { below, type Comparison, normal, seededRandom } from "../../../src/index.ts"
import { aggregate } from "../../../stages/aggregate/stage.ts"
import type { NewFit } from "../../../stages/fit-probes/fit-one.ts"
import { fitProbes } from "../../../stages/fit-probes/stage.ts"
import { scoreProbes } from "../../../stages/score-probes/stage.ts"
import type { FitName } from "../../../stages/tables/fits.ts"
import type { Score } from "../../../stages/tables/scores.ts"
import { computeOf, fakeContext, tableOf } from "../fakes.ts"
import { type Given, fitAll } from "../fit-probes/fits.ts"

/** The strengths of the formula: a, ρ, κ, r. */
export interface PairStrengths {
  readonly a: number
  readonly rho: number
  readonly kappa: number
  readonly r: number
}
export interface PairSide {
  readonly strengths: PairStrengths
  /** seeds the labels: what is in the images */
  readonly images: number
  /** seeds the noise; `shared`: the share of its variance that comes from another seed */
  readonly noise: number
  readonly shared?: { readonly noise: number; readonly share: number }
  /** of the folds */
  readonly split: number
}
export interface PairOptions {
  readonly scenes: number
  readonly seeds: number
  readonly probe?: "logistic" | "perceptron"
  readonly keep?: "nothing" | "weights"
}

const width = 8
/** Two layers, the second of which knows more. */
const taps = { "block.0.resid_post": 0.8, "block.1.resid_post": 1 }
const objects = ["primary", "secondary"] as const
const [primaries, secondaries] = [
  ["cup", "fork"],
  ["bed", "bench", "chair", "couch"]
]

/** The fits of one side: each object's tokens asked for each object's category, at two layers. */
export async function plantedFits(side: PairSide, options: PairOptions): Promise<ReadonlyArray<NewFit>> {
  const probe = options.probe ?? "logistic"
  const given = pairWorld(side, options.scenes)
  const fits = Object.keys(given.taps).flatMap((tap) =>
    objects.flatMap((source) =>
      objects.map((target): FitName => ({
        probe,
        selection: "aligned",
        tap,
        token: "avg_obj",
        source,
        task: "planted",
        target
      }))
    )
  )
  return fitAll(
    given,
    {
      encoder: "planted",
      probes: [probe],
      split: { kind: "kfold", folds: 5, seeds: options.seeds, seed: side.split },
      random_state: 0,
      keep: options.keep ?? "nothing"
    },
    fakeContext(fitProbes),
    fits
  )
}

export async function plantedScores(side: PairSide, options: PairOptions): Promise<ReadonlyArray<Score>> {
  return computeOf(scoreProbes)(
    (await plantedFits(side, options)).map((fit, i) => ({ id: String(i), fits: fit })),
    { params: {} },
    fakeContext(scoreProbes)
  )
}

/** Activations and examples of one side. */
export function pairWorld({ strengths, images, noise, shared }: PairSide, scenes: number): Given {
  const { a, rho, kappa, r } = strengths
  const ids = Array.from({ length: scenes }, (_, i) => `${images}-${i}`)
  const labels = ids.map((_, i) => {
    const random = seededRandom("pair labels", images, i)
    return { p: below(random, 2), s: below(random, 4) }
  })
  const share = shared?.share ?? 0
  const vector = (i: number, tap: string, of: string, onP: number, onS: number, scale: number) => {
    const own = seededRandom("pair noise", noise, images, i, tap, of)
    const others = seededRandom("pair noise", shared?.noise ?? 0, images, i, tap, of)
    const { p, s } = labels[i]!
    const x = Float32Array.from(
      { length: width },
      () => Math.sqrt(1 - share) * normal(own) + (share === 0 ? 0 : Math.sqrt(share) * normal(others))
    )
    x[0]! += scale * onP * (2 * p - 1)
    x[1 + s]! += scale * onS
    return x
  }
  return {
    rows: ids.flatMap((item) =>
      objects.map((source) => ({
        item,
        source,
        object: -1,
        token: "avg_obj",
        selection: "aligned",
        task: "planted",
        blocks: 2
      }))
    ),
    taps: Object.fromEntries(
      Object.entries(taps).map(([tap, scale]) => [
        tap,
        ids.flatMap((_, i) => [
          vector(i, tap, "primary", a, rho, scale),
          vector(i, tap, "secondary", kappa, r, scale)
        ])
      ])
    ),
    examples: ids.flatMap((scene, i) => {
      const [primary, secondary] = [primaries![labels[i]!.p]!, secondaries![labels[i]!.s]!]
      const common = {
        scene,
        image_group: scene,
        object: -1,
        task: "planted",
        cell: `${primary} × ${secondary}`
      }
      return [
        { ...common, target: "primary", label: primary },
        { ...common, target: "secondary", label: secondary }
      ]
    })
  }
}

export const comparedScores = async (
  a: ReadonlyArray<Score>,
  b: ReadonlyArray<Score>,
  thresholds: Readonly<Record<string, number>> = {}
): Promise<Comparison> => {
  const artifacts = (scores: ReadonlyArray<Score>) => ({
    output: tableOf([]),
    inputs: { scores: [tableOf(scores)] },
    params: {}
  })
  return aggregate.stage.spec.compare!.artifacts(artifacts(a), artifacts(b), thresholds)
}

/** Taps that are equally good, in one planted experiment: what choosing among them does to the accuracy. */
import { normal, seededRandom } from "../../../src/index.ts"
import { chooseTap } from "../../../stages/choose-tap/stage.ts"
import { scoreProbes } from "../../../stages/score-probes/stage.ts"
import type { FitName } from "../../../stages/tables/fits.ts"
import type { Score } from "../../../stages/tables/scores.ts"
import { fitAll } from "../fit-probes/fits.ts"
import { collect, computeOf, fakeContext, tableOf } from "../fakes.ts"

export interface PlantedTaps {
  readonly seed: number
  readonly taps: number
  readonly scenes: number
  /** how well the secondary's tokens tell one of four categories */
  readonly strength: number
  /** S */
  readonly seeds: number
}
export interface ChosenAccuracy {
  /** mean over the taps: what is to be expected of any */
  readonly mean: number
  readonly chosen: number
  /** the tap with the best held-out accuracy, as the paper chose */
  readonly bestOnTest: number
}

/**
 * Every tap has the category along an axis of its own noise: x = r e_s + ε with an independent ε ~ N(0, I) for each, so all
 * are equally good, and chance alone ranks them.
 */
export async function measureChosen({
  seed,
  taps,
  scenes,
  strength,
  seeds
}: PlantedTaps): Promise<ChosenAccuracy> {
  const width = 8
  const random = seededRandom("planted taps", seed)
  const labels = Array.from({ length: scenes }, () => Math.floor(random() * 4))
  const vectors = () =>
    labels.map((label) =>
      Float32Array.from({ length: width }, (_, j) => normal(random) + (j === label ? strength : 0))
    )
  const names = Array.from({ length: taps }, (_, i) => `block.${i}.resid_post`)
  const ids = labels.map((_, i) => String(i).padStart(5, "0"))
  const fits = await fitAll(
    {
      rows: ids.map((item) => ({
        item,
        source: "secondary",
        object: -1,
        token: "avg_obj",
        selection: "aligned",
        task: "0"
      })),
      examples: ids.map((scene, i) => ({
        scene,
        image_group: scene,
        object: -1,
        task: "0",
        target: "secondary",
        label: `category ${labels[i]}`,
        cell: `category ${labels[i]}`
      })),
      taps: Object.fromEntries(names.map((name) => [name, vectors()]))
    },
    {
      encoder: "planted",
      probes: ["logistic"],
      split: { kind: "kfold", folds: 5, seeds, seed },
      random_state: 0,
      keep: "nothing"
    },
    fakeContext(chooseTap, seed),
    names.map((tap): FitName => ({
      probe: "logistic",
      selection: "aligned",
      tap,
      token: "avg_obj",
      source: "secondary",
      task: "0",
      target: "secondary"
    }))
  )
  const chosen = await collect<any>(
    computeOf(chooseTap)({ fits: tableOf(fits) }, { among: "block.*.resid_post" }, fakeContext(chooseTap))
  )
  const accuracies = await Promise.all(
    [...fits, ...chosen].map(async (fit) => {
      const scored: ReadonlyArray<Score> = await computeOf(scoreProbes)(
        [{ id: "", fits: fit }],
        { params: {} },
        fakeContext(scoreProbes)
      )
      return scored[0]!.balanced_accuracy!
    })
  )
  const ofTaps = accuracies.slice(0, taps)
  return {
    mean: ofTaps.reduce((sum, value) => sum + value, 0) / taps,
    chosen: accuracies[taps]!,
    bestOnTest: Math.max(...ofTaps)
  }
}

/** Planted worlds through the stages' own functions, in memory: planted, fit-probes, score-probes, aggregate. */
import type { FitName } from "../../../stages/tables/fits.ts"
import type { MeasureRow } from "../../../stages/tables/measures.ts"
import type { Example } from "../../../stages/tables/examples.ts"
import { aggregate } from "../../../stages/aggregate/stage.ts"
import { planted, plantedExamples, plantedTap } from "../../../stages/planted/stage.ts"
import type { WorldName } from "../../../stages/planted/world.ts"
import { scoreProbes } from "../../../stages/score-probes/stage.ts"
import type { Asking } from "../../../stages/tables/questions.ts"
import { fitAll } from "../fit-probes/fits.ts"
import { collect, computeOf, fakeContext, tableOf } from "../fakes.ts"

/** What is asked: (token, source, target). */
export type Asked = Pick<Asking, "token" | "source" | "target">

export interface PlantedOptions {
  readonly world: WorldName
  readonly seed: number
  readonly scenes?: number
  readonly width?: number
  /** S, how often images are dealt to five folds */
  readonly seeds?: number
  readonly probe?: "logistic" | "perceptron"
  readonly taps?: ReadonlyArray<string>
}

/** The rows of the table of measures that answer some questions. */
export async function measurePlanted(
  asked: ReadonlyArray<Asked>,
  {
    world,
    seed,
    scenes = 400,
    width = 16,
    seeds = 1,
    probe = "logistic",
    taps = [plantedTap]
  }: PlantedOptions
): Promise<ReadonlyArray<MeasureRow>> {
  const items = (await collect(
    computeOf(planted)({ world, scenes, width, seed }, {}, fakeContext(planted))
  )) as ReadonlyArray<{
    readonly id: string
    readonly rows: ReadonlyArray<any>
  }>
  const rows = items.flatMap(({ id, rows: some }) => some.map((row) => ({ item: id, ...row })))
  const examples = (await collect(
    computeOf(plantedExamples)({ planted: tableOf(rows) }, {}, fakeContext(plantedExamples))
  )) as ReadonlyArray<Example>
  const fits = taps.flatMap((tap) =>
    asked.map((one): FitName => ({ ...one, probe, tap, selection: "aligned", task: "planted" }))
  )
  const fitted = await fitAll(
    {
      rows,
      examples,
      taps: Object.fromEntries(
        taps.map((tap) => [tap, rows.map(({ activation }) => activation[tap] as Float32Array)])
      )
    },
    {
      encoder: "planted",
      probes: [probe],
      split: { kind: "kfold", folds: 5, seeds, seed },
      random_state: 0,
      keep: "nothing"
    },
    fakeContext(planted, seed),
    fits
  )
  const scored = await computeOf(scoreProbes)(
    fitted.map((fit, i) => ({ id: String(i), fits: fit })),
    { params: {} },
    fakeContext(scoreProbes)
  )
  return computeOf(aggregate)({ scores: [tableOf(scored)] }, {}, fakeContext(aggregate))
}

/** Scores for tests of `aggregate`. */
import { expect } from "vitest"
import type { MeasureRow } from "../../../stages/tables/measures.ts"
import type { Score } from "../../../stages/tables/scores.ts"
import { aggregate } from "../../../stages/aggregate/stage.ts"
import { computeOf, fakeContext, tableOf } from "../fakes.ts"

const mean = (values: ReadonlyArray<number>) => values.reduce((sum, value) => sum + value, 0) / values.length

/** A defined fit's scores: A_sp of two classes at block 3 of 12; of one seed, with a fold for each run. */
export const scoreRow = (runs: ReadonlyArray<number>, some: Partial<Score> = {}): Score => {
  const classes = some.target === "secondary" ? 4 : 2
  return {
    encoder: "vit",
    encoder_digest: null,
    blocks: 12,
    probe: "logistic",
    selection: "aligned",
    tap: "block.3.resid_post",
    token: "avg_obj",
    source: "secondary",
    task: "0",
    target: "primary",
    n: 400,
    images: 400,
    classes,
    folds: runs.length,
    seeds: 1,
    undefined_because: null,
    examples_digest: "d",
    n_scored: 400,
    balanced_accuracy: mean(runs.filter((run) => !Number.isNaN(run))),
    run_accuracy: [...runs],
    plain_accuracy: mean(runs),
    chance: 1 / classes,
    ceiling: null,
    macro_f1: 0.5,
    log_loss: 0.25,
    labels: [],
    recalls: [],
    label_n: [],
    folds_with_empty_cells: 0,
    small_cells: null,
    one_sided: 0,
    splits: 5,
    splits_at_edge: 0,
    splits_unconverged: 0,
    inner_accuracy: [],
    ...some
  }
}
/** An undefined fit's. */
export const undefinedRow = (some: Partial<Score> = {}): Score => ({
  ...scoreRow([0, 0], some),
  undefined_because: some.undefined_because ?? "the tap is constant over the training rows",
  examples_digest: null,
  balanced_accuracy: null,
  run_accuracy: [],
  plain_accuracy: null,
  chance: null,
  macro_f1: null,
  log_loss: null
})
export const five = (value: number): Array<number> => Array.from({ length: 5 }, () => value)

/** What is asked of a pair's tokens of one kind. */
export const asked = {
  A_pp: { source: "primary", target: "primary" },
  A_ps: { source: "primary", target: "secondary" },
  A_sp: { source: "secondary", target: "primary" },
  A_ss: { source: "secondary", target: "secondary" },
  A_sp_vs_bg: { source: "secondary_vs_background", target: "primary" },
  A_bg: { source: "background_vs_secondary", target: "primary" },
  A_sp_vs_near: { source: "secondary_vs_near", target: "primary" },
  A_near: { source: "near_vs_secondary", target: "primary" },
  A_ps_vs_bs: { source: "primary_vs_background", target: "secondary" },
  A_bs: { source: "background_vs_primary", target: "secondary" }
} as const
/** The scores of a pair at one tap, with runs for each accuracy. */
export const pairOf = (
  runs: Partial<Record<keyof typeof asked, ReadonlyArray<number>>>,
  some: Partial<Score> = {}
): Array<Score> =>
  (Object.keys(runs) as Array<keyof typeof asked>).map((name) =>
    scoreRow(runs[name]!, { ...some, ...asked[name] })
  )

export const aggregated = (...tables: ReadonlyArray<ReadonlyArray<Score>>): Promise<Array<MeasureRow>> =>
  computeOf(aggregate)({ scores: tables.map((rows) => tableOf(rows)) }, {}, fakeContext(aggregate))
export const found = (rows: ReadonlyArray<MeasureRow>, some: Partial<MeasureRow>) =>
  rows.filter((row) => Object.entries(some).every(([key, value]) => row[key as keyof MeasureRow] === value))
export const only = (rows: ReadonlyArray<MeasureRow>, some: Partial<MeasureRow>): MeasureRow => {
  expect(found(rows, some)).toHaveLength(1)
  return found(rows, some)[0]!
}

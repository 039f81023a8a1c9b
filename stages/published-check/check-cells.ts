/** Published accuracies beside a run's own, and whether they differ by more than chance. */
import { proportionDifference, z95 } from "../statistics/binomial.ts"
import { grouped } from "../tables/grouped.ts"
import type { PlainAccuracy } from "../tables/plain-accuracies.ts"
import type { PublishedCheck } from "./columns.ts"

type Named = Pick<PlainAccuracy, "encoder" | "tap" | "token" | "source" | "task" | "target">
export const keyOfCell = ({ encoder, tap, token, source, task, target }: Named): string =>
  JSON.stringify([encoder, tap, token, source, task, target])
type Defined = PlainAccuracy & { readonly plain_accuracy: number }
/** Whether an accuracy has a value. */
export const isDefined = (row: PlainAccuracy): row is Defined => row.plain_accuracy !== null

interface Pair {
  readonly cell: Defined
  /** one accuracy a run */
  readonly own: ReadonlyArray<Defined>
}

/**
 * One row for each published accuracy that every run has, too.
 *
 * The error of a difference is binomial on both sides (test images), and what the probe's seed does on both: its variance
 * s² is that between the runs, pooled over the taps of an encoder's question, and counts 1 + 1/R times for a mean of R
 * runs. Other training images, other draws of tokens and another export of the encoder are not in it, and cells of one test
 * set are wrong together: more than 5 of 100 outside is a sign to look at, and no test.
 */
export function checkCells(
  cells: ReadonlyArray<Defined>,
  runs: ReadonlyArray<ReadonlyArray<PlainAccuracy>>
): ReadonlyArray<PublishedCheck> {
  const byKey = runs.map((rows) => new Map(ownRows(rows).map((row) => [keyOfCell(row), row])))
  const pairs = cells.flatMap((cell): ReadonlyArray<Pair> => {
    const own = byKey.map((rows) => rows.get(keyOfCell(cell)))
    return own.every((row) => row !== undefined) ? [{ cell, own }] : []
  })
  return [...grouped(pairs, ({ cell }) => keyOfCell({ ...cell, tap: "" })).values()].flatMap((group) => {
    const seed = runs.length > 1 ? meanOf(group.map(({ own }) => varianceOf(own))) : null
    return group.map((pair) => rowOf(pair, seed))
  })
}

const ownRows = (rows: ReadonlyArray<PlainAccuracy>): ReadonlyArray<Defined> =>
  rows.filter(
    (row): row is Defined => isDefined(row) && row.probe === "perceptron" && row.selection === "as-published"
  )
function rowOf({ cell, own }: Pair, seedVariance: number | null): PublishedCheck {
  const accuracy = meanOf(own.map(({ plain_accuracy }) => plain_accuracy))
  const n = own[0]!.n_scored
  const { difference, variance } = proportionDifference(
    { hits: cell.plain_accuracy * cell.n_scored, n: cell.n_scored },
    { hits: accuracy * n, n }
  )
  const standard_error = Math.sqrt(variance + (seedVariance ?? 0) * (1 + 1 / own.length))
  const { encoder, tap, layer, token, source, task, target, measure } = cell
  return {
    encoder,
    tap,
    layer,
    token,
    source,
    task,
    target,
    measure,
    published: cell.plain_accuracy,
    published_n: cell.n_scored,
    own: accuracy,
    own_n: n,
    runs: own.length,
    difference,
    probe_seed_sd: seedVariance === null ? null : Math.sqrt(seedVariance),
    standard_error,
    is_outside: Math.abs(difference) > z95 * standard_error
  }
}

const meanOf = (values: ReadonlyArray<number>) =>
  values.reduce((sum, value) => sum + value, 0) / values.length
function varianceOf(own: ReadonlyArray<Defined>): number {
  const values = own.map(({ plain_accuracy }) => plain_accuracy)
  const mean = meanOf(values)
  return values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / (values.length - 1)
}

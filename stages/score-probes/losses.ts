/** Reports what scores leave out and what they lack; undefined fits are in the report of `fit-probes`. */
import type { Loss, Table } from "../../src/index.ts"
import { fitId } from "../tables/fits.ts"
import { eachRow } from "../tables/readers.ts"
import type { scoreColumns } from "../tables/scores.ts"

const told = [
  "probe",
  "selection",
  "tap",
  "token",
  "source",
  "task",
  "target",
  "run_accuracy",
  "small_cells",
  "one_sided",
  "splits",
  "splits_unconverged"
] as const

export async function* scoreLosses(
  output: Pick<Table<typeof scoreColumns>, "batches">
): AsyncGenerator<Loss> {
  yield { what: "splits", reason: null, count: 0, verb: "converged" }
  const cells = new Set<string>()
  for await (const row of eachRow(output, ...told)) {
    const examples = [fitId(row)]
    yield { what: "splits", reason: null, count: row.splits - row.splits_unconverged }
    yield { what: "splits", reason: "the fit did not converge", count: row.splits_unconverged, examples }
    yield {
      what: "one-sided predictions",
      reason: "left out: their secondary category occurs with one primary only in the training rows",
      count: row.one_sided,
      examples
    }
    yield {
      what: "seeds and folds without a score",
      reason: "no example is held out",
      count: row.run_accuracy.filter(Number.isNaN).length,
      examples
    }
    // all encoders, taps and tokens may have the same ones
    for (const cell of row.small_cells?.split("; ") ?? []) {
      const key = JSON.stringify([row.task, row.target, cell])
      if (cells.has(key)) continue
      cells.add(key)
      yield { what: "cells", reason: "they have fewer images than there are folds", examples: [cell] }
    }
  }
}

/** Reports values missing from the table of measures, and why. */
import type { Loss } from "../../src/index.ts"
import type { MeasureRow } from "../tables/measures.ts"

/** The columns that this report reads. */
export const told = [
  "encoder",
  "probe",
  "tap",
  "token",
  "source",
  "target",
  "balanced_accuracy",
  "low",
  "folds_with_empty_cells",
  "measure",
  "m2_corrected"
] as const

/** Values that may be undefined. */
export const numbers = ["accuracies", "intervals", "values of corrected M2"] as const

export function* lossesOfRow(row: Pick<MeasureRow, (typeof told)[number]>): Generator<Loss> {
  const { encoder, probe, tap, token, source, target } = row
  const examples = [`${encoder} ${probe} at ${tap}, ${target} from ${token} (${source})`]
  const isScored = row.balanced_accuracy !== null
  yield isScored
    ? { what: "accuracies", reason: null }
    : {
        what: "accuracies",
        reason: "undefined: in some fold the tap is constant over the training rows",
        examples
      }
  if (isScored)
    yield row.low !== null
      ? { what: "intervals", reason: null }
      : { what: "intervals", reason: "undefined: some fold has no example", examples }
  if (row.folds_with_empty_cells > 0)
    yield {
      what: "accuracies over fewer cells in some fold",
      reason: "a cell of the design has no example there; the mean is over the others",
      examples
    }
  if (row.measure === "A_sp")
    yield row.m2_corrected !== null
      ? { what: "values of corrected M2", reason: null }
      : {
          what: "values of corrected M2",
          reason: "undefined: the lower limit of A_pp is under .6, or A_pp or A_sp is undefined",
          examples
        }
}

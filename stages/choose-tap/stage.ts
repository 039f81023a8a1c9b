/**
 * `choose-tap`: the tap with the best inner-fold A_ss, chosen inside each outer fold.
 *
 * A tap that is chosen by held-out scores looks better than it is. Here each outer fold's tap is chosen by accuracies
 * within its training images, so what the held-out images say of it is unbiased. Its predictions become fits of a tap called
 * `chosen`, and everything that reads fits measures them like any tap's.
 */
import { column, defineStage, one, param, StageError, type Table, whole } from "../../src/index.ts"
import { fitColumns, fitId } from "../tables/fits.ts"
import { eachRow, pickColumns } from "../tables/readers.ts"
import { Choice, type InnerFit, innerFitColumns, isCriterion } from "./choice.ts"
import { chosenTap, Spliced, type SplicedFit, splicedColumns } from "./splice.ts"
import { choiceSummary } from "./summary.ts"

const read = [...new Set([...innerFitColumns, ...splicedColumns])]

export const chooseTap = defineStage.whole("choose-tap", {
  doc: 'fits of a tap "chosen": in each outer fold the tap with the best inner-fold A_ss, mean over tasks',
  item: "fit",
  inputs: { fits: whole(pickColumns(fitColumns, ...read)) },
  params: {
    among: param.text({
      default: "block.*.resid_post",
      doc: "the taps to choose from: names or patterns, joined by commas"
    })
  },
  output: one({
    ...fitColumns,
    /** one per split: the tap that was chosen there */
    chosen: column.list(column.utf8())
  }),
  summary: choiceSummary,
  compute: async function* ({ fits }, { among }) {
    const criteria: Array<InnerFit> = []
    for await (const fit of eachRow(fits, ...innerFitColumns)) if (isCriterion(fit)) criteria.push(fit)
    const choice = new Choice(criteria, among)
    if (choice.size === 0) throw await noChoice(fits)
    const spliced = new Map<string, Spliced>()
    for await (const fit of eachRow(fits, ...read)) {
      const taps = choice.of(fit)
      if (taps === undefined) continue
      const id = fitId({ ...(fit as SplicedFit), tap: chosenTap })
      const own = spliced.get(id) ?? new Spliced(taps)
      spliced.set(id, own)
      own.add(fit as SplicedFit)
    }
    for (const [id, fit] of spliced) {
      const row = fit.row()
      if (row !== null) yield { id, ...row }
    }
  }
})

/** Why there is nothing to choose by: fits of A_ss are undefined, or none was listed. */
async function noChoice(
  fits: Pick<Table<Pick<typeof fitColumns, "undefined_because">>, "batches">
): Promise<StageError> {
  const reasons = new Set<string>()
  for await (const { undefined_because: why } of eachRow(fits, "undefined_because"))
    if (why !== null) reasons.add(why)
  return new StageError(
    `no tap can be chosen: no fit of A_ss has an inner accuracy${reasons.size === 0 ? "" : `; fits are undefined, because ${[...reasons].join("; ")}`}`,
    {
      field: "fits",
      hint:
        reasons.size === 0
          ? "list logistic fits of the secondary's category from its own tokens; a Perceptron has no inner folds"
          : "check the tasks that the fits name, and the losses of `examples`"
    }
  )
}

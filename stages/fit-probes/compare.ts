/** How the predictions of two artifacts differ, fit by fit (docs/verdicts.md). */
import type { Comparison } from "../../src/index.ts"
import { isProblem } from "../../src/support/problem.ts"
import type { Fit, FitName } from "../tables/fits.ts"
import { TensorFileError } from "../tensor-files/tensor-file-error.ts"
import { measureOf } from "../tables/questions.ts"
import { judged, overallVerdict } from "../verdicts/judge.ts"
import { accuracyThresholds, thresholdValues } from "../verdicts/margins.ts"
import { type AnswerPairs, answerPairs } from "./answer-pairs.ts"
import { compareFit } from "./compare-fit.ts"
import {
  aloneLines,
  answerLines,
  type ComparedFit,
  exampleLines,
  fitTable,
  rowOf,
  transferLines,
  verdictLines
} from "./compare-lines.ts"
import { type FitTable, pairedFits, sharedFits } from "./pair-fits.ts"
import { type TransferInputs, type TransferResult, TransferTarget } from "./transfer.ts"

/** An artifact as `compare` gets it. */
export interface ComparedFits {
  readonly output: FitTable
  readonly inputs: TransferInputs
  readonly params: { readonly encoder: string }
}

/** @param thresholds see `accuracyThresholds`; those not given have their defaults */
export async function comparePredictions(
  a: ComparedFits,
  b: ComparedFits,
  thresholds: Readonly<Record<string, number>>
): Promise<Comparison> {
  const margins = thresholdValues(accuracyThresholds, thresholds)
  const shared = await sharedFits(a.output, b.output)
  const tasks = tasksOfQuestions(shared.both)
  const target = new TransferTarget(b.inputs, b.params.encoder)
  const fits: Array<ComparedFit> = []
  const undefinedIn = { a: [] as Array<string>, b: [] as Array<string>, both: 0 }
  for await (const { id, a: ours, b: theirs } of pairedFits([a.output, b.output], shared.both)) {
    const isOneOfSeveral = measureOf(ours) !== null && tasks.get(tasklessId(id))! > 1
    if (ours.undefined_because !== null && theirs.undefined_because !== null) undefinedIn.both++
    else if (ours.undefined_because !== null) undefinedIn.a.push(id)
    else if (theirs.undefined_because !== null) undefinedIn.b.push(id)
    else {
      const pairs = answerPairs(ours, theirs)
      const compared = compareFit(id, ours, theirs, pairs, {
        delta: isOneOfSeveral ? margins.accuracy_of_task : margins.accuracy,
        alpha: margins.alpha
      })
      const transfer = compared.answers === null ? null : await transferOf(target, ours, theirs, pairs)
      fits.push({ id, name: nameOf(ours), compared, transfer })
    }
  }
  const found = judged(
    fits.map(({ compared }) => compared),
    margins.alpha
  )
  const rows = fits.map((fit, i) => rowOf(fit, found[i]!, margins.alpha))
  return {
    verdict: overallVerdict(found.map(({ verdict }) => verdict)),
    lines: [
      ...verdictLines(rows),
      ...answerLines(fits, margins.alpha),
      ...transferLines(fits),
      ...exampleLines(fits),
      ...aloneLines(shared, undefinedIn)
    ],
    tables: { fits: fitTable(rows) }
  }
}

/** Null where a's weights were not kept. */
async function transferOf(
  target: TransferTarget,
  a: Fit,
  b: Fit,
  pairs: AnswerPairs
): Promise<TransferResult | null> {
  if (a.weights === null) return null
  try {
    return await target.apply(a.weights, a, b, pairs)
  } catch (error) {
    if (error instanceof TensorFileError) return { why: `a's weights cannot be read: ${error.message}` }
    // a caller that gives the declared columns alone
    if (isProblem(error) && error._tag === "StageFailed")
      return { why: "the comparison was not given the tensors of b's activations" }
    throw error
  }
}

/** The id of a fit without its task: the sixth of its seven parts. */
function tasklessId(id: string): string {
  const parts = id.split("/")
  return parts.length === 7 ? parts.toSpliced(5, 1).join("/") : id
}

/** How many tasks share each question, by the fit's id without its task. */
function tasksOfQuestions(ids: ReadonlySet<string>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const id of ids) counts.set(tasklessId(id), (counts.get(tasklessId(id)) ?? 0) + 1)
  return counts
}

const nameOf = ({ probe, selection, tap, token, source, task, target }: Fit): FitName => ({
  probe,
  selection,
  tap,
  token,
  source,
  task,
  target
})

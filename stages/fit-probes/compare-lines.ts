/** What a comparison of fits says, and its table. */
import type { ComparisonTable } from "../../src/index.ts"
import type { FitName } from "../tables/fits.ts"
import {
  decimals,
  differenceWords,
  type JudgedRow,
  judgementDoc,
  judgementTable,
  percent,
  wholeCount
} from "../verdicts/words.ts"
import type { FitComparison } from "./compare-fit.ts"
import type { Transfer, TransferResult } from "./transfer.ts"

const mostFits = 5

export interface ComparedFit {
  readonly id: string
  readonly name: FitName
  readonly compared: FitComparison
  /** null where it was not asked for */
  readonly transfer: TransferResult | null
}
const isTransfer = (transfer: TransferResult | null): transfer is Transfer =>
  transfer !== null && "gap" in transfer

const names = [
  "fit",
  "probe",
  "selection",
  "tap",
  "token",
  "source",
  "task",
  "target",
  "examples_both",
  "examples_only_a",
  "examples_only_b",
  "examples_relabelled",
  "same_folds",
  "predictions",
  "flip_rate",
  "kappa",
  "lost",
  "gained",
  "paired_test",
  "paired_p",
  "bootstrap_low",
  "bootstrap_high",
  "transfer_accuracy",
  "transfer_gap"
] as const
type Row = JudgedRow<(typeof names)[number]>

export function rowOf(
  { id, name, compared, transfer }: ComparedFit,
  found: Row["found"],
  alpha: number
): Row {
  const { answers, examples } = compared
  return {
    names: {
      fit: id,
      ...name,
      examples_both: examples.both,
      examples_only_a: examples.onlyA,
      examples_only_b: examples.onlyB,
      examples_relabelled: examples.relabelled,
      same_folds: answers?.hasSameFolds ?? null,
      predictions: answers?.predictions ?? null,
      flip_rate: answers?.flipRate ?? null,
      kappa: answers?.kappa ?? null,
      lost: answers?.lost ?? null,
      gained: answers?.gained ?? null,
      paired_test: answers?.test ?? null,
      paired_p: answers?.testP ?? null,
      bootstrap_low: answers?.bootstrap.low ?? null,
      bootstrap_high: answers?.bootstrap.high ?? null,
      transfer_accuracy: isTransfer(transfer) ? transfer.accuracy : null,
      transfer_gap: isTransfer(transfer) ? transfer.gap : null
    },
    compared,
    found,
    words: differenceWords(`accuracy of ${id}`, compared, found, alpha)
  }
}

export const fitTable = (rows: ReadonlyArray<Row>): ComparisonTable =>
  judgementTable(
    `every fit that is defined on both sides, over the examples that both were asked about; ${judgementDoc}. Conditional on the fitted probes, and in no verdict: flip_rate (the share of predictions, of one example with one seed, whose answers differ), kappa (Cohen's), lost and gained (predictions that a or b alone has right), paired_p, the bootstrap by image of the difference, and transfer_gap (b's accuracy less that of a's probes on b's activations)`,
    names,
    rows
  )

const rank = { different: 0, inconclusive: 1, same: 2 } as const

export function verdictLines(rows: ReadonlyArray<Row>): ReadonlyArray<string> {
  if (rows.length === 0) return []
  const count = (verdict: keyof typeof rank) => rows.filter(({ found }) => found.verdict === verdict).length
  const without = rows.filter(({ found }) => found.verdict === null).length
  const rankOf = ({ found }: Row) => (found.verdict === null ? 3 : rank[found.verdict])
  const sorted = [...rows].sort(
    (one, other) => rankOf(one) - rankOf(other) || (one.found.p ?? 1) - (other.found.p ?? 1)
  )
  return [
    `fits: ${wholeCount(count("different"))} different, ${wholeCount(count("same"))} same, ${wholeCount(count("inconclusive"))} inconclusive of ${wholeCount(rows.length)} (Holm over all of them)`,
    ...(without === 0
      ? []
      : [
          `fits without an interval, and so without a verdict: ${wholeCount(without)}; it needs two folds or more, and an example in each`
        ]),
    ...sorted.slice(0, mostFits).map(({ words }) => words)
  ]
}

/** How many answers changed; what is conditional on the fitted probes is named so. */
export function answerLines(fits: ReadonlyArray<ComparedFit>, alpha: number): ReadonlyArray<string> {
  const compared = fits.flatMap(({ id, compared: { answers } }) =>
    answers === null ? [] : [{ id, answers }]
  )
  if (compared.length === 0) return []
  const total = compared.reduce((sum, { answers }) => sum + answers.predictions, 0)
  const flipped = compared.reduce((sum, { answers }) => sum + answers.flipRate * answers.predictions, 0)
  const most = compared.reduce((one, other) => (other.answers.flipRate > one.answers.flipRate ? other : one))
  const found = compared.filter(({ answers }) => answers.testP <= alpha).length
  return [
    flipped === 0
      ? `answers: all ${wholeCount(total)} predictions are equal`
      : `answers: ${percent(flipped / total)} of ${wholeCount(total)} predictions differ; most, ${percent(most.answers.flipRate)}, in ${most.id}`,
    ...(found === 0
      ? []
      : [
          `conditional on the fitted probes: McNemar or sign flips give p ≤ ${alpha} in ${wholeCount(found)} of ${wholeCount(compared.length)} fits (probes that differ in shuffling alone often do), in no verdict`
        ])
  ]
}

/** What a's probes make of b's activations. */
export function transferLines(fits: ReadonlyArray<ComparedFit>): ReadonlyArray<string> {
  const found = fits.flatMap(({ id, transfer }) => (isTransfer(transfer) ? [{ id, gap: transfer.gap }] : []))
  const reasons = new Set(
    fits.flatMap(({ transfer }) => (transfer === null || isTransfer(transfer) ? [] : [transfer.why]))
  )
  const says = Array.from(reasons, (why) => `probe transfer is undefined: ${why}`)
  if (found.length === 0) return says
  const mean = found.reduce((sum, { gap }) => sum + gap, 0) / found.length
  const most = found.reduce((one, other) => (other.gap > one.gap ? other : one))
  return [
    `a's probes on b's activations: b's own accuracy is higher by ${decimals(mean)} on average over ${wholeCount(found.length)} fits, at most by ${decimals(most.gap)} in ${most.id} (conditional on the fitted probes, in no verdict)`,
    ...says
  ]
}

export function exampleLines(fits: ReadonlyArray<ComparedFit>): ReadonlyArray<string> {
  const most = (of: keyof FitComparison["examples"]) =>
    fits.reduce((count, { compared }) => Math.max(count, compared.examples[of]), 0)
  const counts = [
    [most("onlyA"), "in a alone"],
    [most("onlyB"), "in b alone"],
    [most("relabelled"), "with another right answer"]
  ] as const
  const says = counts.filter(([count]) => count > 0).map(([count, where]) => `${wholeCount(count)} ${where}`)
  const unlike = fits.filter(({ compared }) => compared.answers === null).length
  return [
    ...(says.length === 0 ? [] : [`examples that are not compared, at most, of a fit: ${says.join(", ")}`]),
    ...(unlike === 0
      ? []
      : [
          `${wholeCount(unlike)} fits share few examples or none: all examples of each side are compared, and the difference includes that of the examples`
        ]),
    ...(fits.some(({ compared }) => compared.answers?.hasSameFolds === false)
      ? ["folds differ: examples were held out in other folds, which widens the intervals"]
      : [])
  ]
}

export function aloneLines(
  {
    both,
    onlyA,
    onlyB
  }: { readonly both: ReadonlySet<string> } & Readonly<Record<"onlyA" | "onlyB", ReadonlyArray<string>>>,
  undefinedIn: { readonly a: ReadonlyArray<string>; readonly b: ReadonlyArray<string>; readonly both: number }
): ReadonlyArray<string> {
  const list = (what: string, ids: ReadonlyArray<string>) =>
    ids.length === 0 ? [] : [`${what}: ${wholeCount(ids.length)}, such as ${ids[0]}`]
  return [
    ...(both.size === 0 ? ["nothing to compare: the two have no fit in common"] : []),
    ...list("fits of a alone", onlyA),
    ...list("fits of b alone", onlyB),
    ...list("fits that are undefined in a alone", undefinedIn.a),
    ...list("fits that are undefined in b alone", undefinedIn.b),
    ...(undefinedIn.both === 0
      ? []
      : [`fits that are undefined on both sides: ${wholeCount(undefinedIn.both)}`])
  ]
}

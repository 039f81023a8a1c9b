/**
 * How the measures of two artifacts differ: an overall verdict on the accuracies and M2 of pairs at the first artifact's best
 * layer, and a verdict on every cell (docs/verdicts.md).
 */
import type { Comparison } from "../../src/index.ts"
import { judged, overallVerdict } from "../verdicts/judge.ts"
import { measureThresholds, thresholdValues } from "../verdicts/margins.ts"
import { differenceWords, wholeCount } from "../verdicts/words.ts"
import type { Cell } from "./cells.ts"
import {
  type CellPair,
  compareCells,
  type ComparedMeasure,
  type Margins,
  measuresAt,
  quantityNames
} from "./compare-cells.ts"
import { fixedLayer, type FixedLayer, type Main, mainOf } from "./compare-layer.ts"
import {
  accuracyByTap,
  cellTable,
  deltaByTapToken,
  type JudgedMeasure,
  overallTable
} from "./compare-tables.ts"
import { MeasuredSide } from "./measured-side.ts"

/** The overall verdict is on accuracies and corrected M2; M2 and A_sp − A_bg are shown. */
const shownOnly: ReadonlySet<string> = new Set([quantityNames.m2, quantityNames.entanglement])
const mostLines = 12

/** One encoder of each side; `encoder` is a's name of it. */
interface EncoderComparison {
  readonly sides: readonly [MeasuredSide, MeasuredSide]
  readonly pairs: ReadonlyArray<CellPair>
  readonly main: Main | null
  readonly layer: FixedLayer | null
}

/** @param a the cells of the first artifact, of whatever encoders */
export function compareMeasures(
  a: ReadonlyArray<Cell>,
  b: ReadonlyArray<Cell>,
  thresholds: Readonly<Record<string, number>>
): Comparison {
  const margins = thresholdValues(measureThresholds, thresholds)
  const encoders = matched(a, b).map(comparisonOfEncoder)
  const overall = withWords(
    encoders.flatMap((encoder) =>
      ofEncoder(encoder, overallMeasures(encoder, margins), encoder.layer?.words ?? null)
    ),
    margins,
    (one) => !shownOnly.has(one.measure.quantity)
  )
  const cells = withWords(
    encoders.flatMap((encoder) =>
      ofEncoder(encoder, compareCells(encoder.sides, encoder.pairs, margins), null)
    ),
    margins,
    () => true
  )
  const verdict = overallVerdict(
    overall.filter(({ measure }) => !shownOnly.has(measure.quantity)).map(({ found }) => found.verdict)
  )
  const isApart = encoders.every(({ pairs }) => pairs.length === 0)
  return {
    // values say nothing of measures that have no counterpart
    verdict: isApart ? "inconclusive" : verdict,
    lines: [...overallLines(overall), ...cellLines(cells), ...notes(a, b, encoders, overall)].slice(
      0,
      mostLines
    ),
    tables: {
      overall: overallTable(overall),
      cells: cellTable(cells),
      accuracy_by_tap: accuracyByTap(encoders.map(({ sides }) => sides)),
      delta_by_tap_token: deltaByTapToken(cells)
    },
    effects: overall.flatMap(({ encoder, measure }) =>
      measure.difference === null
        ? []
        : [
            {
              name: quantityWords(measure, encoders.length > 1 ? encoder : null),
              difference: measure.difference.estimate
            }
          ]
    )
  }
}

/** Encoders by name; one encoder on each side is compared whatever its name. */
function matched(
  a: ReadonlyArray<Cell>,
  b: ReadonlyArray<Cell>
): ReadonlyArray<readonly [MeasuredSide, MeasuredSide]> {
  const [ours, theirs] = [a, b].map((cells) => {
    const byEncoder = new Map<string, Array<Cell>>()
    for (const cell of cells) {
      const of = byEncoder.get(cell.encoder)
      if (of === undefined) byEncoder.set(cell.encoder, [cell])
      else of.push(cell)
    }
    return [...byEncoder].map(([encoder, of]) => new MeasuredSide(encoder, of))
  }) as [Array<MeasuredSide>, Array<MeasuredSide>]
  if (ours.length === 1 && theirs.length === 1) return [[ours[0]!, theirs[0]!]]
  return ours.flatMap((side) => {
    const other = theirs.find(({ encoder }) => encoder === side.encoder)
    return other === undefined ? [] : [[side, other] as const]
  })
}

function comparisonOfEncoder(sides: readonly [MeasuredSide, MeasuredSide]): EncoderComparison {
  const pairs = sides[0].cells.flatMap((cell) => {
    const other = sides[1].like(cell)
    return other === undefined ? [] : [{ a: cell, b: other }]
  })
  const main = mainOf(pairs)
  const taps = [...new Set(pairs.map(({ a }) => a.tap))]
  return { sides, pairs, main, layer: main === null ? null : fixedLayer(sides, main, taps) }
}

function overallMeasures({ sides, main, layer }: EncoderComparison, margins: Margins) {
  if (main === null || layer === null) return []
  const place = { ...main, tapOf: layer.tapOf }
  // over the tasks, be it one
  return main.questions.flatMap((question) => measuresAt(sides, place, question, margins, 1))
}

/** @param layer of the overall verdict; null for cells, which have a tap of their own */
const ofEncoder = (
  { sides: [a, b] }: EncoderComparison,
  measures: ReadonlyArray<ComparedMeasure>,
  layer: string | null
) => measures.map((measure) => ({ encoder: a.encoder, encoderB: b.encoder, layer, measure }))
type OfEncoder = ReturnType<typeof ofEncoder>[number]

/** Judges those of the family together, and the others by themselves: shown, they cost the family nothing. */
function withWords(
  all: ReadonlyArray<OfEncoder>,
  { alpha }: Margins,
  isOfFamily: (one: OfEncoder) => boolean
): ReadonlyArray<JudgedMeasure> {
  const family = all.filter(isOfFamily)
  const found = new Map<OfEncoder, JudgedMeasure["found"]>()
  const judge = (some: ReadonlyArray<OfEncoder>) =>
    judged(
      some.map(({ measure }) => measure),
      alpha
    ).forEach((one, i) => found.set(some[i]!, one))
  judge(family)
  for (const one of all) if (!isOfFamily(one)) judge([one])
  const several = new Set(all.map(({ encoder }) => encoder)).size > 1
  return all.map((one) => {
    const { measure } = one
    const tasks = measure.place.tasks
    const of = [
      quantityWords(measure, several ? one.encoder : null),
      ...(tasks.length > 1 ? [`over ${tasks.length} tasks`] : tasks[0] == null ? [] : [`in ${tasks[0]}`]),
      `at ${one.layer ?? measure.place.tapOf(0)}`
    ].join(" ")
    const result = found.get(one)!
    return { ...one, found: result, words: differenceWords(of, measure, result, alpha) }
  })
}
/** `A_sp of avg_obj`; @param encoder null if there is one */
const quantityWords = (
  { quantity, place, source, target }: ComparedMeasure,
  encoder: string | null
): string =>
  [
    `${quantity} of ${place.token}`,
    ...(encoder === null ? [] : [`of ${encoder}`]),
    ...(quantity === "accuracy" ? [`(${source}, ${target})`] : [])
  ].join(" ")

const rank = { different: 0, inconclusive: 1, same: 2 } as const
const rankOf = ({ found }: JudgedMeasure) => (found.verdict === null ? 3 : rank[found.verdict])
const byImportance = (one: JudgedMeasure, other: JudgedMeasure) =>
  rankOf(one) - rankOf(other) || (one.found.p ?? 1) - (other.found.p ?? 1)

/** Those of the overall verdict first. */
function overallLines(overall: ReadonlyArray<JudgedMeasure>): ReadonlyArray<string> {
  const isShownOnly = ({ measure }: JudgedMeasure) => shownOnly.has(measure.quantity)
  return [...overall]
    .sort((one, other) => Number(isShownOnly(one)) - Number(isShownOnly(other)) || byImportance(one, other))
    .map((one) => (isShownOnly(one) ? `beside them, ${one.words}` : one.words))
}

function cellLines(cells: ReadonlyArray<JudgedMeasure>): ReadonlyArray<string> {
  if (cells.length === 0) return []
  const count = (verdict: keyof typeof rank) => cells.filter(({ found }) => found.verdict === verdict).length
  const undefinedCount = cells.filter(({ found }) => found.verdict === null).length
  const counts = [
    `${wholeCount(count("different"))} different`,
    `${wholeCount(count("same"))} same`,
    `${wholeCount(count("inconclusive"))} inconclusive`,
    ...(undefinedCount === 0 ? [] : [`${wholeCount(undefinedCount)} without an interval`])
  ]
  const [most] = [...cells].sort(byImportance)
  return [
    `all cells, by themselves: ${counts.join(", ")} of ${wholeCount(cells.length)} (Holm over all of them)`,
    ...(most!.found.verdict === "different" ? [`the clearest: ${most!.words}`] : [])
  ]
}

/** Why no cell of a has a counterpart. */
function apart(a: ReadonlyArray<Cell>, b: ReadonlyArray<Cell>): string {
  const [ours, theirs] = [a, b].map((cells) => [...new Set(cells.map(({ encoder }) => encoder))])
  return ours!.some((name) => theirs!.includes(name)) || (ours!.length === 1 && theirs!.length === 1)
    ? "the two were asked no question in common"
    : `a has the encoders ${ours!.join(", ")}, b ${theirs!.join(", ")}`
}

/** What was not compared, and what to bear in mind. */
function notes(
  a: ReadonlyArray<Cell>,
  b: ReadonlyArray<Cell>,
  encoders: ReadonlyArray<EncoderComparison>,
  overall: ReadonlyArray<JudgedMeasure>
): ReadonlyArray<string> {
  const shared = encoders.reduce((sum, { pairs }) => sum + pairs.length, 0)
  const [onlyA, onlyB] = [a.length - shared, b.length - shared]
  const alone = [
    ...(onlyA > 0 ? [`${wholeCount(onlyA)} of a`] : []),
    ...(onlyB > 0 ? [`${wholeCount(onlyB)} of b`] : [])
  ]
  const says: Array<string> = []
  if (alone.length > 0) says.push(`cells without a counterpart, which are not compared: ${alone.join(", ")}`)
  for (const { sides, main, layer, pairs } of encoders) {
    const [ours, theirs] = sides.map(({ encoder }) => encoder)
    if (ours !== theirs) says.push(`encoders are compared under different names: ${ours}, ${theirs}`)
    if (pairs.length > 0 && (main === null || layer === null))
      says.push(
        `no overall verdict on ${ours}: no tap has an interval for all of its accuracies on both sides (an interval needs two folds or more, and an example in each)`
      )
  }
  if (shared === 0) says.push(`nothing to compare: ${apart(a, b)}`)
  if (overall.some(({ measure }) => !measure.hasSameExamples))
    says.push("a and b were asked about different examples: their difference includes that of the examples")
  return says
}

/** Differences in words, such as `A_sp of avg_obj: .612 → .551 (−.061, 90 % −.083 to −.039): different`. */
import type { ComparisonTable } from "../../src/index.ts"
import type { ComparedNumber, Judgement } from "./judge.ts"

/** Three decimals without the leading zero. */
export const decimals = (value: number): string => {
  const digits = Math.abs(value).toFixed(3).replace(/^0/, "")
  return value < 0 && Number(digits) !== 0 ? `−${digits}` : digits
}
const signed = (value: number): string => `${value < 0 ? "" : "+"}${decimals(value)}`
const orUndefined = (value: number | null): string => (value === null ? "undefined" : decimals(value))

/** Two significant digits, such as 2,400. */
export function roughCount(count: number): string {
  let unit = 1
  while (count / unit >= 100) unit *= 10
  return wholeCount(Math.ceil(count / unit) * unit)
}
export const wholeCount = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ",")

/** One decimal, such as `4.2 %`. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** @param what the quantity, and where it was measured */
export function differenceWords(
  what: string,
  compared: ComparedNumber,
  found: Judgement,
  alpha: number
): string {
  const { a, b, isEqual } = compared
  if (isEqual) return `${what}: ${orUndefined(a)} on both sides, with the same answers: same`
  const values = `${what}: ${orUndefined(a)} → ${orUndefined(b)}`
  const { estimate, low, high, verdict } = found
  if (estimate === null) return values
  if (low === null || high === null || verdict === null)
    return `${values} (${signed(estimate)}, without an interval)`
  const level = String(Math.round(1000 * (1 - 2 * alpha)) / 10)
  const effect = `${values} (${signed(estimate)}, ${level} % ${signed(low)} to ${signed(high)}): ${verdict}`
  return verdict === "inconclusive" ? `${effect}; ${openWords(compared, found)}` : effect
}

/** What an inconclusive difference leaves open, and what would settle it. */
function openWords(
  { images, delta }: Pick<ComparedNumber, "images" | "delta">,
  { largest, imagesForSame, imagesForDifferent }: Judgement
): string {
  const ways = [
    imagesForSame === null
      ? []
      : [{ count: imagesForSame, text: `show that it is under ${decimals(delta)}` }],
    imagesForDifferent === null ? [] : [{ count: imagesForDifferent, text: "show a difference" }]
  ].flat()
  const [best] = ways.sort((one, other) => one.count - other.count)
  const left = `it may be as large as ${decimals(largest!)}`
  return best === undefined
    ? left
    : `${left}; about ${roughCount(best.count)} images would ${best.text} (${wholeCount(images)} now)`
}

/** The columns of tables of verdicts, after those that name a row. */
const judgementColumns = [
  "a",
  "b",
  "difference",
  "low",
  "high",
  "standard_error",
  "degrees",
  "p",
  "p_holm",
  "p_bh",
  "delta",
  "verdict",
  "images",
  "largest_compatible",
  "images_for_same",
  "images_for_different",
  "equal",
  "words"
] as const

type PlainCell = ComparisonTable["rows"][number][number]
export interface JudgedRow<N extends string> {
  readonly names: Readonly<Record<N, PlainCell>>
  readonly compared: ComparedNumber
  readonly found: Judgement
  readonly words: string
}

export const judgementTable = <N extends string>(
  doc: string,
  names: ReadonlyArray<N>,
  rows: ReadonlyArray<JudgedRow<N>>
): ComparisonTable => ({
  doc,
  columns: [...names, ...judgementColumns],
  rows: rows.map(({ names: of, compared, found, words }) => [
    ...names.map((name) => of[name]),
    compared.a,
    compared.b,
    found.estimate,
    found.low,
    found.high,
    found.standardError,
    found.degrees,
    found.p,
    found.pHolm,
    found.pBh,
    compared.delta,
    found.verdict,
    compared.images,
    found.largest,
    found.imagesForSame,
    found.imagesForDifferent,
    compared.isEqual,
    words
  ])
})

/** For the doc of a table of verdicts. */
export const judgementDoc =
  "difference: b − a; low, high: its interval (90 % at alpha .05); p_holm: adjusted within this table; largest_compatible: the largest difference of either sign that the interval holds; images_for_same, images_for_different: about how many images would settle an inconclusive difference"

/** The measures that a run prints: as many lines as fit on a screen; the table has the rest. */
import type { Summary } from "../../src/index.ts"
import type { MeasureRow } from "../tables/measures.ts"
import { isPrinted, pairLines, pairSummary } from "./pair-summary.ts"
import { questionSummary } from "./question-summary.ts"

/** Above this, a run prints less of each encoder … */
const fewLines = 8
/** … and above this it leaves out encoders. */
const mostLines = 40

type Rows = ReadonlyArray<MeasureRow>
/** Ways to show less, one after another until what is left fits. */
const narrowings: ReadonlyArray<(rows: Rows) => Rows> = [
  lastTaps,
  (rows) => ofTokens(rows, ["cls", "avg_obj"]),
  (rows) => ofTokens(rows, ["avg_obj"])
]

/** Shows the first probe alone; questions about pairs if there are any; for long tables, only a part. */
export function accuracySummary(rows: Rows): Summary {
  const probe = rows[0]?.probe
  const ofProbe = rows.filter((row) => row.probe === probe)
  const pairs = ofProbe.filter(({ measure }) => measure !== null)
  const isPair = pairs.length > 0
  const linesOf = (some: Rows) => (isPair ? pairLines(some) : some)
  const all: Rows = isPair ? pairs : ofProbe
  let shown = all
  for (const narrow of narrowings) if (linesOf(shown).length > fewLines) shown = narrow(shown)
  const says: Array<string> = []
  if (countOf(shown, "tap") < countOf(all, "tap")) says.push("each encoder's last tap")
  if (countOf(shown, "token") < countOf(all, "token")) {
    says.push([...new Set(shown.map(({ token }) => token))].join(" and "))
  }
  const isCut = linesOf(shown).length > mostLines
  if (isCut) says.push(`the first ${mostLines} lines`)
  const summary = isPair
    ? pairSummary(pairLines(shown).slice(0, mostLines))
    : questionSummary(shown.slice(0, mostLines))
  const what = [`${probe ?? "no"} probe`, ...says].join(", ")
  const others = shown.length < rows.length || isCut ? ["the table has the others"] : []
  const differ = shown.some((row) => row.same_examples === false && (!isPair || isPrinted(row)))
    ? ["encoders were asked about different examples: do not compare them"]
    : []
  return { title: `Balanced accuracy (${[what, ...differ, ...others].join("; ")})`, ...summary }
}

const countOf = (rows: Rows, column: "tap" | "token") => new Set(rows.map((row) => row[column])).size

/** Taps are in block order. */
function lastTaps(rows: Rows): Rows {
  const last = new Map(rows.map(({ encoder, tap }) => [encoder, tap]))
  return rows.filter(({ encoder, tap }) => last.get(encoder) === tap)
}

/** The rows of these kinds of token; where there are none, those of the first row's. */
function ofTokens(rows: Rows, tokens: ReadonlyArray<string>): Rows {
  const some = rows.filter(({ token }) => tokens.includes(token))
  return some.length > 0 ? some : rows.filter(({ token }) => token === rows[0]!.token)
}

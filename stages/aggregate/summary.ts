/** The measures that a run prints: as many lines as fit on a screen; the table has the rest. */
import type { Summary } from "../../src/index.ts"
import type { MeasureRow } from "../tables/measures.ts"
import { isPrinted, pairLines, pairSummary } from "./pair-summary.ts"
import { questionSummary } from "./question-summary.ts"

const mostLines = 40

type Rows = ReadonlyArray<MeasureRow>
/** Ways to show less, one after another until what is left fits; each with what the title says of it. */
const narrowings: ReadonlyArray<{ readonly says: string; readonly of: (rows: Rows) => Rows }> = [
  { says: "each encoder's last tap", of: lastTaps },
  { says: "one kind of token", of: oneToken }
]

/** Shows the first probe alone; questions about pairs if there are any; for long tables, only a part. */
export function accuracySummary(rows: Rows): Summary {
  const probe = rows[0]?.probe
  const ofProbe = rows.filter((row) => row.probe === probe)
  const pairs = ofProbe.filter(({ measure }) => measure !== null)
  const isPair = pairs.length > 0
  const linesOf = (some: Rows) => (isPair ? pairLines(some) : some)
  const says: Array<string> = []
  let shown: Rows = isPair ? pairs : ofProbe
  for (const narrowing of narrowings) {
    if (linesOf(shown).length <= mostLines) break
    shown = narrowing.of(shown)
    says.push(narrowing.says)
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

/** Taps are in block order. */
function lastTaps(rows: Rows): Rows {
  const last = new Map(rows.map(({ encoder, tap }) => [encoder, tap]))
  return rows.filter(({ encoder, tap }) => last.get(encoder) === tap)
}

/** The mean over the object's patches, if there is one. */
function oneToken(rows: Rows): Rows {
  const token = rows.find((row) => row.token === "avg_obj")?.token ?? rows[0]!.token
  return rows.filter((row) => row.token === token)
}

/** The measures that a run prints: one line per encoder, tap and token. */
import type { Summary } from "../../src/index.ts"
import type { MeasureRow } from "../tables/measures.ts"

/** As in docs/measures.md. */
const tokenDoc =
  "cls; avg_obj, the mean over the mask of the object; random_obj, one patch of it; random, any patch of the image"
const pairDocs = {
  A_pp: "the primary object's category, from its own tokens",
  A_ps: "the secondary's category, from the primary's tokens",
  A_sp: "the primary's category, from the secondary's tokens",
  A_ss: "the secondary's category, from its own tokens",
  A_bg: "the primary's category, from background tokens"
} as const
const countDocs = { n: "examples", images: "in the examples: the unit of folds and intervals" } as const
const ratioDocs = { M1: "A_ss", M2: "A_sp / A_pp, a ratio of means" } as const

const pair = ["A_pp", "A_ps", "A_sp", "A_ss", "A_bg"] as const

/** Nobody reads more lines than fit on a screen. */
const mostLines = 40

/** Shows only the first probe, and for long tables only each encoder's last tap; the table has the rest. */
export function accuracySummary(rows: ReadonlyArray<MeasureRow>): Summary {
  const probe = rows[0]?.probe
  const ofProbe = rows.filter((row) => row.probe === probe)
  const summary = ofProbe.some((row) => row.measure !== null) ? pairSummary : plainSummary
  const isLong = summary("", ofProbe).rows.length > mostLines
  const shown = isLong ? lastTaps(ofProbe) : ofProbe
  const what = [`${probe ?? "no"} probe`, ...(isLong ? ["each encoder's last tap"] : [])]
  const others = shown.length < rows.length ? "; the table has the others" : ""
  return summary(`Balanced accuracy (${what.join(", ")}${others})`, shown)
}

/** Taps are in block order. */
function lastTaps(rows: ReadonlyArray<MeasureRow>): ReadonlyArray<MeasureRow> {
  const last = new Map(rows.map(({ encoder, tap }) => [encoder, tap]))
  return rows.filter(({ encoder, tap }) => last.get(encoder) === tap)
}

function plainSummary(title: string, rows: ReadonlyArray<MeasureRow>): Summary {
  return {
    title,
    columns: ["encoder", "tap", "token", "target", "accuracy", "95 % interval", "chance", "n", "images"],
    docs: {
      token: tokenDoc,
      target: "the question",
      accuracy: "mean recall over the classes, out of fold",
      "95 % interval": "over seeds and folds (Nadeau and Bengio 2003)",
      ...countDocs
    },
    rows: rows.map((row) => [
      row.encoder,
      row.tap,
      row.token,
      row.target,
      share(row.balanced_accuracy),
      interval(row.low, row.high),
      share(row.chance),
      row.n,
      row.images
    ])
  }
}

function pairSummary(title: string, rows: ReadonlyArray<MeasureRow>): Summary {
  const groups = new Map<string, Array<MeasureRow>>()
  // background tokens have their own rows in the table; here they become a column of the others
  for (const row of rows.filter(({ token }) => token !== "background")) {
    const key = JSON.stringify([row.encoder, row.tap, row.token])
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  return {
    title,
    columns: ["encoder", "tap", "token", ...pair, "M1", "M2", "n", "images"],
    docs: { token: tokenDoc, ...withChance(rows), ...ratioDocs, ...countDocs },
    rows: [...groups.values()].map((group) => {
      const { encoder, tap, token } = group[0]!
      const of = (measure: string) => group.find((row) => row.measure === measure)
      return [
        encoder,
        tap,
        token,
        ...pair.map((measure) =>
          share(of(measure)?.balanced_accuracy ?? (measure === "A_bg" ? (of("A_sp")?.a_bg ?? null) : null))
        ),
        share(of("A_ss")?.m1 ?? null),
        share(of("A_sp")?.m2 ?? null),
        group[0]!.n,
        group[0]!.images
      ]
    })
  }
}

/** The number of classes, and so the chance level, belongs to the question and is printed with it. */
function withChance(rows: ReadonlyArray<MeasureRow>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pair.map((measure) => {
      const chance = rows.find((row) => row.measure === measure)?.chance
      return [measure, `${pairDocs[measure]}${chance === undefined ? "" : ` (chance ${share(chance)})`}`]
    })
  )
}

const share = (value: number | null): string => (value === null ? "" : value.toFixed(3))
const interval = (low: number | null, high: number | null): string =>
  low === null || high === null ? "undefined" : `${low.toFixed(3)} – ${high.toFixed(3)}`

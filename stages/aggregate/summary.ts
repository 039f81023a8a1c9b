/** What a run prints of the measures: a line an encoder, tap and token. */
import type { Summary } from "../../src/index.ts"
import type { MeasureRow } from "./columns.ts"

const pair = ["A_pp", "A_ps", "A_sp", "A_ss", "A_bg"] as const

/** Of the first probe alone: the table has the others. */
export function accuracySummary(rows: ReadonlyArray<MeasureRow>): Summary {
  const probe = rows[0]?.probe
  const shown = rows.filter((row) => row.probe === probe)
  const probes = new Set(rows.map((row) => row.probe)).size
  const title = `Balanced accuracy (${probe ?? "no"} probe${probes > 1 ? "; the others are in the table" : ""})`
  return shown.some((row) => row.measure !== null) ? pairSummary(title, shown) : plainSummary(title, shown)
}

function plainSummary(title: string, rows: ReadonlyArray<MeasureRow>): Summary {
  return {
    title,
    columns: ["encoder", "tap", "token", "target", "accuracy", "95 % interval", "chance", "n"],
    rows: rows.map((row) => [
      row.encoder,
      row.tap,
      row.token,
      row.target,
      share(row.balanced_accuracy),
      interval(row.low, row.high),
      share(row.chance),
      row.n
    ])
  }
}

function pairSummary(title: string, rows: ReadonlyArray<MeasureRow>): Summary {
  const groups = new Map<string, Array<MeasureRow>>()
  for (const row of rows) {
    const key = JSON.stringify([row.encoder, row.tap, row.token])
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  return {
    title,
    columns: ["encoder", "tap", "token", ...pair, "M1", "M2", "n"],
    rows: [...groups.values()].map((group) => {
      const { encoder, tap, token } = group[0]!
      const of = (measure: string) => group.find((row) => row.measure === measure)
      return [
        encoder,
        tap,
        token,
        // background tokens are rows of their own, but A_sp never stands without A_bg
        ...pair.map((measure) =>
          share(of(measure)?.balanced_accuracy ?? (measure === "A_bg" ? (of("A_sp")?.a_bg ?? null) : null))
        ),
        share(of("A_ss")?.m1 ?? null),
        share(of("A_sp")?.m2 ?? null),
        group[0]!.n
      ]
    })
  }
}

const share = (value: number | null): string => (value === null ? "" : value.toFixed(3))
const interval = (low: number | null, high: number | null): string =>
  low === null || high === null ? "undefined" : `${low.toFixed(3)} – ${high.toFixed(3)}`

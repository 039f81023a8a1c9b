/** What `diff --attribute` found, as tables for the terminal and for Markdown. */
import type { AttributedDiff, Attribution, AttributedEffect, MixturePlan } from "../diff/attribution.ts"
import type { Share } from "../diff/shares.ts"
import { counted } from "../support/numbers.ts"

export interface AttributionTable {
  readonly title: string
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}

/** None if nothing was attributed. */
export function attributionTables({
  attribution,
  would
}: Pick<AttributedDiff, "attribution" | "would">): ReadonlyArray<AttributionTable> {
  if (would !== undefined) return [planTable(would)]
  if (attribution === undefined) return []
  return [...(attribution.effects.length === 0 ? [] : [effectTable(attribution)]), runTable(attribution)]
}

function effectTable({ params, effects }: Attribution): AttributionTable {
  const hasRest = effects.some(({ rest }) => rest === null || Math.abs(rest) >= 0.0005)
  const orders = params.length > 1 ? "; in brackets the least and the most, over the orders of change" : ""
  return {
    title: `attribution: what each parameter adds to the difference${orders}`,
    columns: ["effect", "b − a", ...params, ...(hasRest ? ["code, packages and files"] : [])],
    rows: effects.map(({ effect, total, shares, rest }: AttributedEffect) => [
      effect,
      signed(total),
      ...shares.map(shareText),
      ...(hasRest ? [signed(rest)] : [])
    ])
  }
}

const runTable = ({ runs }: Attribution): AttributionTable => ({
  title: "a against each mixture",
  columns: ["with b's", "verdict", "run"],
  rows: runs.map(({ changed, verdict, run }) => [changedWords(changed), verdict ?? "the run failed", run])
})

const planTable = (plans: ReadonlyArray<MixturePlan>): AttributionTable => ({
  title: "attribution would run (dry run: nothing was run)",
  columns: ["with b's", "nodes to run", ""],
  rows: plans.map(({ changed, nodes: { total, run, may_run } }) => [
    changedWords(changed),
    `${run} of ${total}`,
    may_run === 0 ? "" : `${counted(may_run, "more node")}, if what they read changes`
  ])
})

const changedWords = (changed: ReadonlyArray<string>) =>
  changed.length === 0 ? "(nothing)" : changed.join(", ")

function shareText({ mean, least, most }: Share): string {
  if (mean === null) return "?"
  const range = [signed(least), signed(most)]
  return range[0] === range[1] ? signed(mean) : `${signed(mean)} (${range[0]} to ${range[1]})`
}

/** To three decimals; smaller numbers to two digits. */
function signed(value: number | null): string {
  if (value === null) return "?"
  const size = Math.abs(value)
  if (size === 0) return ".000"
  const digits = size < 0.0005 ? size.toPrecision(2) : size.toFixed(3).replace(/^0/, "")
  return `${value < 0 ? "−" : "+"}${digits}`
}

/** A comparison of values in words, most important first. */
import { count, counted, statistic } from "../support/numbers.ts"
import type { DriftRow } from "./tensors/drift-tables.ts"
import type { RowGroups } from "./tensors/groups.ts"
import { mostGroups } from "./tensors/groups.ts"
import type { ColumnDifference, Counts, ValueDifference } from "./values.ts"

export interface Differences extends Pick<
  ValueDifference,
  "verdict" | "schema" | "items" | "rows" | "columns"
> {
  readonly isEqual: boolean
  readonly drift: ReadonlyArray<DriftRow>
  readonly isReordered: boolean
  readonly repeated: number
  readonly key: ReadonlyArray<string>
  /** failed items of either side */
  readonly failed: readonly [number, number]
  readonly groups: RowGroups
}

/** Columns and members that get a line of their own. */
const mostLines = 5

export function valueLines(said: Differences): ReadonlyArray<string> {
  if (said.isEqual) return ["the values are equal"]
  const { items, rows, verdict } = said
  const changes = [...(items === null ? [] : [countsLine(items, "item")]), countsLine(rows, "row")]
  const isUnchanged = said.columns.every(({ changed }) => changed === 0)
  return [
    ...(verdict === "same"
      ? [isUnchanged ? "the values are equal" : "all differences lie within the tolerance"]
      : []),
    ...changes.flatMap((line) => line ?? []),
    ...said.schema.map(schemaLine),
    ...columnLines(said.columns.filter(({ column }) => !column.includes("/"))),
    ...driftLines(said),
    ...failedLine(said.failed),
    ...(said.isReordered ? [`the ${items === null ? "rows" : "items"} are in another order`] : []),
    ...(said.repeated === 0
      ? []
      : [
          `${counted(said.repeated, "key")} of ${said.key.join(", ") || "items"} repeat: of rows with one key, the first are compared with each other, then the second`
        ]),
    ...(isUnchanged && verdict === "same" && !said.isReordered ? ["only signs of zeros differ"] : [])
  ]
}

function countsLine(counts: Counts, noun: string): string | null {
  const { same, changed, added, removed } = counts
  const parts = [
    changed === 0 ? null : `${count(changed)} of ${counted(same + changed, noun)} changed`,
    added === 0 ? null : `${counted(added, noun)} added`,
    removed === 0 ? null : `${counted(removed, noun)} removed`
  ].filter((part) => part !== null)
  const some = counts.examples.added[0] ?? counts.examples.removed[0] ?? counts.examples.changed[0]
  return parts.length === 0 ? null : `${parts.join(", ")} (${some})`
}

const schemaLine = ({ column, before, after }: Differences["schema"][number]): string =>
  before === null
    ? `${column} was added: ${after}`
    : after === null
      ? `${column} was removed: ${before}`
      : `${column} is ${after}, and was ${before}`

function columnLines(columns: ReadonlyArray<ColumnDifference>): ReadonlyArray<string> {
  const changed = columns.filter((one) => one.changed > 0).toSorted((a, b) => b.changed - a.changed)
  return limited(
    changed.map(({ column, changed, compared, max, median }) => {
      const size = max === null ? "" : `, by up to ${statistic(max)} (median ${statistic(median ?? 0)})`
      return `${column} differs in ${count(changed)} of ${counted(compared, "row")}${size}`
    }),
    "columns"
  )
}

function driftLines({ drift, groups }: Differences): ReadonlyArray<string> {
  const size = (row: DriftRow) => Number(row.relative_error ?? 1 - Number(row.cka ?? 1))
  const moved = drift.filter(({ rows }) => rows !== 0).toSorted((a, b) => size(b) - size(a))
  const lines = moved.map((row) => {
    const measured = [
      said("cosine", row.cosine_mean),
      said("relative error", row.relative_error),
      said("CKA", row.cka),
      said("Procrustes", row.procrustes, row.few_rows === true ? " (few rows)" : "")
    ].flatMap((text) => text ?? [])
    const group = row.group.filter((text) => text !== null).join(" · ")
    const where = `${row.family}/${row.member}${group === "" ? "" : ` (${group})`}`
    return `${where}: ${measured.length === 0 ? "no measure is defined" : measured.join(", ")}`
  })
  const isOne = groups.columns.length > 0 && groups.isOne
  return [
    ...limited(lines, "members and groups"),
    ...(isOne ? [`there are more than ${mostGroups} groups of rows, so all rows are one group`] : [])
  ]
}
const said = (what: string, value: DriftRow["cka"], remark = "") =>
  typeof value === "number" ? `${what} ${statistic(value)}${remark}` : null

const limited = (lines: ReadonlyArray<string>, what: string): ReadonlyArray<string> =>
  lines.length <= mostLines
    ? lines
    : [...lines.slice(0, mostLines), `${count(lines.length - mostLines)} more ${what} differ`]

const failedLine = ([before, after]: Differences["failed"]): ReadonlyArray<string> =>
  before + after === 0 ? [] : [`${counted(before, "item")} failed before, ${count(after)} after`]

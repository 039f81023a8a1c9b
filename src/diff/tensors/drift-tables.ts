/** The tables of a comparison of tensors. */
import type { ComparisonTable } from "../../pipeline/comparison.ts"
import type { RowGroups } from "./groups.ts"
import type { MemberDrift } from "./member-drift.ts"
import type { Similarities } from "./member-similarity.ts"
import type { MovedMost } from "./moved-most.ts"

const identity = ["family", "member"]
const measures = [
  "rows",
  "not_finite",
  "items",
  "cosine_mean",
  "cosine_p1",
  "relative_error",
  "max_difference",
  "norm_ratio",
  "cka",
  "procrustes",
  "few_rows",
  "dominating_share_a",
  "dominating_share_b",
  "cosine_without",
  "cka_without"
] as const

type Cell = string | number | boolean | null
export type DriftRow = Readonly<Record<(typeof measures)[number], Cell>> & {
  readonly family: string
  readonly member: string
  readonly group: ReadonlyArray<string | null>
}

const nothing = Object.fromEntries(measures.map((name) => [name, name === "rows" ? 0 : null])) as Readonly<
  Record<(typeof measures)[number], Cell>
>

/** One row per member and group; a member without rows that differ has one row, with `rows` 0. */
export function driftRows(
  drifts: ReadonlyArray<MemberDrift>,
  similar: Similarities,
  groups: RowGroups
): ReadonlyArray<DriftRow> {
  return drifts.flatMap((drift, member) => {
    const { tensor } = drift.shared
    const of = { family: tensor.family, member: tensor.member }
    if (drift.groups.size === 0) {
      return [{ ...nothing, ...of, group: groups.columns.map(() => null) }]
    }
    const isSameWidth = tensor.widths[0] === tensor.widths[1]
    return Array.from(drift.groups, ([group, rows]): DriftRow => {
      const moved = rows.result()
      const found = similar[member]!.get(group)
      const fewRows = found === undefined ? null : found.items < 10 * Math.max(...tensor.widths)
      return {
        ...of,
        group: groups.name(group),
        rows: rows.rows,
        not_finite: rows.notFinite,
        items: found?.items ?? null,
        cosine_mean: moved.cosine_mean,
        cosine_p1: moved.cosine_p1,
        relative_error: isSameWidth ? moved.relative_error : null,
        max_difference: isSameWidth ? moved.max_difference : null,
        norm_ratio: moved.norm_ratio,
        cka: found?.cka ?? null,
        procrustes: found?.procrustes ?? null,
        few_rows: found?.procrustes == null ? null : fewRows,
        dominating_share_a: found?.share[0] ?? null,
        dominating_share_b: found?.share[1] ?? null,
        cosine_without: found?.cosineWithout ?? null,
        cka_without: found?.cka_without ?? null
      }
    })
  })
}

export function driftTable(rows: ReadonlyArray<DriftRow>, groups: RowGroups): ComparisonTable {
  const named = new Set<string>([...identity, ...measures])
  const columns = groups.columns.map((name) => (named.has(name) ? `${name}_key` : name))
  return {
    doc: "drift of each member and group of rows, over the rows of the items that differ (docs/diff-values.md)",
    columns: [...identity, ...columns, ...measures],
    rows: rows.map((row) => [
      row.family,
      row.member,
      ...row.group,
      ...measures.map((name) => plain(row[name]))
    ])
  }
}

const plain = (cell: Cell): Cell => (typeof cell === "number" && !Number.isFinite(cell) ? null : cell)

export function movedTable(
  doc: string,
  name: string,
  drifts: ReadonlyArray<MemberDrift>,
  of: (drift: MemberDrift) => MovedMost
): ComparisonTable {
  return {
    doc,
    columns: [...identity, name, "cosine", "relative_error", "max_difference"],
    rows: drifts.flatMap((drift) =>
      of(drift).all.map(({ label, cosine, relative, largest }) => [
        drift.shared.tensor.family,
        drift.shared.tensor.member,
        label,
        cosine,
        relative === null ? null : plain(relative),
        plain(largest)
      ])
    )
  }
}

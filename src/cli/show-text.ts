/** What `show` prints for an artifact, as text. */
import type { Paint } from "../support/colour.ts"
import { cellText } from "../inspect/cell-text.ts"
import type { ColumnStatistics } from "../inspect/column-statistics.ts"
import { failureGroups, groupExamples, groupSize } from "../inspect/failure-groups.ts"
import { type MadeFrom, madeFromLines } from "../inspect/made-from.ts"
import { lossesInFull } from "./loss-lines.ts"
import { bytes, count, counted, shortDigest, statistic } from "../support/numbers.ts"
import { clipped, oneLine, padded, printable, widthOf } from "../support/plain-text.ts"
import type { Described, DescribedItem } from "../inspect/describe-artifact.ts"
import { textTable } from "../support/text-table.ts"

const cellWidth = 32
/** At most this many causes are listed. */
const namedFailures = 20
const mostBlocks = 3
const longCell = 500
const longParameter = 120

export function artifactText(artifact: Described, paint: Paint, width: number): string {
  const { node, stage, form, label, items, rows, partial, failed } = artifact
  const size = [
    ...(label === null ? [] : [counted(items, label)]),
    counted(rows, "row"),
    bytes(artifact.bytes)
  ]
  const sections = [
    [
      `${paint("bold", node ?? "artifact")}${stage === null ? "" : `  ${paint("cyan", stage)}`}  ${form}, ${size.join(", ")}`,
      `artifact ${artifact.artifact}${artifact.run === null ? "" : `, run ${artifact.run}`}`,
      ...(artifact.accepted == null
        ? []
        : [
            `${paint("yellow", "accepted:")} at ${artifact.accepted.at}; computed by run ${artifact.accepted.run} under another key (${shortDigest(artifact.accepted.key)})`
          ]),
      ...partial.map((reason) => `${paint("yellow", "partial:")} ${printable(reason)}`),
      ...(artifact.incomplete
        ? [`${paint("yellow", "incomplete:")} omits failed items and anything derived from them`]
        : []),
      ...failureLines(failed, paint)
    ].join("\n"),
    artifact.losses.length === 0 ? "" : lossesInFull(artifact.losses, paint),
    artifact.made === null ? "" : madeText(artifact.made, paint, width),
    artifact.columns.length === 0 ? "" : columnTable(artifact.columns, paint),
    artifact.tensors.length === 0 ? "" : tensorTable(artifact.tensors, paint),
    artifact.first.length === 0 ? "" : rowTable(artifact.first, rows, paint, width)
  ]
  return sections.filter((section) => section !== "").join("\n\n")
}

function failureLines(failed: Described["failed"], paint: Paint): ReadonlyArray<string> {
  const groups = failureGroups(failed)
  const others = groups.slice(namedFailures).reduce((sum, { items }) => sum + items.length, 0)
  const lines = groups.slice(0, namedFailures).map((group) => {
    const error = clipped(oneLine(group.error), 300)
    return group.items.length === 1
      ? `  ${paint("red", "failed")} ${oneLine(group.items[0]!)}: ${error}`
      : `  ${groupSize(group)} ${paint("red", "failed")}: ${error}, ${groupExamples(group)}`
  })
  return others === 0 ? lines : [...lines, `  … and ${count(others)} more`]
}

function madeText(made: MadeFrom, paint: Paint, width: number): string {
  const lines = madeFromLines(made, atMost(longParameter, width))
  return lines.length === 0 ? "" : [paint("bold", "made with"), ...lines].join("\n")
}

const columnTable = (columns: ReadonlyArray<ColumnStatistics>, paint: Paint) =>
  textTable(
    ["column", "type", "nulls", "distinct", "min", "mean", "max", ""],
    columns.map(({ column, type, nulls, distinct, distinctAtLeast, min, mean, max, nan }) => [
      column,
      { text: type, style: "dim" },
      nulls === 0 ? "–" : count(nulls),
      distinct === null ? "–" : `${count(distinct)}${distinctAtLeast ? "+" : ""}`,
      ...[min, mean, max].map((value) => (value === null ? "–" : statistic(value))),
      [
        ...(nan > 0 ? [`${count(nan)} NaN`] : []),
        ...(min === null
          ? []
          : type.includes("list of")
            ? ["lengths"]
            : type.endsWith("file")
              ? ["bytes"]
              : [])
      ].join(", ")
    ]),
    { paint }
  )

const tensorTable = (tensors: Described["tensors"], paint: Paint) =>
  textTable(
    ["family", "member", "elements", "shape of a row", ""],
    tensors.map(({ family, member, elements, shape, type }) => [
      family,
      member,
      elements ?? "–",
      `[${shape.join(", ")}]`,
      { text: type.replace(/^tensors /, ""), style: "dim" }
    ]),
    { paint }
  )

type Rows = Described["first"]

const rowTable = (first: Rows, total: number, paint: Paint, width: number): string => {
  const shown = `first ${count(first.length)} of ${counted(total, "row")}`
  return [
    paint("bold", first.length === total ? counted(total, "row") : shown),
    fittedTable(first, paint, width)
  ].join("\n")
}

const atMost = (limit: number, width: number) => (Number.isFinite(width) ? limit : Infinity)

/** As many columns as fit the terminal; without a terminal, all columns and whole cells. */
function fittedTable(rows: Rows, paint: Paint, width: number): string {
  const names = Object.keys(rows[0]!)
  const most = atMost(cellWidth, width)
  const cells = rows.map((row) => names.map((name) => clipped(cellText(row[name]), most)))
  let used = 0
  const fits = names.findIndex((name, i) => {
    used += 2 + cells.reduce((widest, row) => Math.max(widest, widthOf(row[i]!)), widthOf(name))
    return used - 2 > width && i > 0
  })
  const shown = fits < 0 ? names.length : fits
  const table = textTable(
    names.slice(0, shown),
    cells.map((row) => row.slice(0, shown)),
    { paint }
  )
  return shown === names.length
    ? table
    : `${table}\n${paint("dim", `not shown: ${names.slice(shown).join(", ")}`)}`
}

/** A few rows as blocks with one line per column and whole cells; many as a table. */
export function itemText(
  { node, item, failed, total, rows }: DescribedItem,
  paint: Paint,
  width: number
): string {
  if (failed !== null) return `${oneLine(item)} of ${node} ${paint("red", "failed")}: ${printable(failed)}`
  const shown = rows.length < total ? `, first ${count(rows.length)}` : ""
  const head = `${paint("bold", oneLine(item))} of ${node}: ${counted(total, "row")}${shown}`
  if (rows.length > mostBlocks) return `${head}\n\n${fittedTable(rows, paint, width)}`
  const blocks = rows.map((row) => {
    const names = Object.keys(row)
    const longest = Math.max(0, ...names.map(widthOf))
    const line = (name: string) =>
      `  ${paint("dim", padded(name, longest))}  ${clipped(cellText(row[name]), atMost(longCell, width))}`
    return names.map(line).join("\n")
  })
  return [head, ...blocks].join("\n\n")
}

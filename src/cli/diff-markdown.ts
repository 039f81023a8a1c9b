/** A diff as a Markdown document, for a comment on a pull request. */
import type { AttributedDiff } from "../diff/attribution.ts"
import type { Diff } from "../diff/diff.ts"
import type { ComparisonTable } from "../pipeline/comparison.ts"
import { cellText } from "../inspect/cell-text.ts"
import { counted } from "../support/numbers.ts"
import { clipped, oneLine } from "../support/plain-text.ts"
import { attributionTables } from "./attribution-tables.ts"
import { inputTexts, nodeTexts, notableNodes, otherNodes, sideText } from "./diff-words.ts"

const mostInputs = 30
const mostNodes = 20
const nodeLines = 8
const tableRows = 50
const cellWidth = 60

export function diffMarkdown(diff: AttributedDiff): string {
  const sides = [
    ["a", diff.a],
    ["b", diff.b]
  ] as const
  return [
    `## Diff: ${diff.verdict}`,
    escaped(diff.why),
    sides
      .flatMap(([name, side]) => [
        `- **${name}**: ${escaped(sideText(side))}`,
        ...side.remarks.map((remark) => `  - ${escaped(remark)}`)
      ])
      .join("\n"),
    "### Inputs that differ",
    diff.inputs.length === 0 ? "None are known." : inputsOf(diff),
    "### Nodes",
    nodesOf(diff),
    listOf(otherNodes(diff)),
    ...attributionTables(diff).flatMap(({ title, columns, rows }) => [
      escaped(title),
      tableOf(
        columns.map(escaped),
        rows.map((row) => row.map(escaped))
      )
    ]),
    ...diff.nodes.flatMap(({ id, comparison, values }) =>
      Object.entries({ ...comparison?.tables, ...values?.tables }).map(([name, table]) =>
        detailsOf(`${id}: ${name}`, table)
      )
    ),
    ...(diff.notes.length === 0 ? [] : ["### Notes", listOf(diff.notes)])
  ]
    .filter((part) => part !== "")
    .join("\n\n")
}

const inputsOf = ({ inputs }: Diff) =>
  inputTexts(inputs, mostInputs)
    .flatMap(({ text, lines }) => [`- ${escaped(text)}`, ...lines.map((line) => `  - ${escaped(line)}`)])
    .join("\n")
const listOf = (lines: ReadonlyArray<string>) => lines.map((line) => `- ${escaped(line)}`).join("\n")

function nodesOf(diff: Diff): string {
  const notable = notableNodes(diff)
  if (notable.length === 0) return ""
  const rows = notable.slice(0, mostNodes).map((node) => {
    const lines = nodeTexts(node)
    const more = lines.length - nodeLines
    const told = [...lines.slice(0, nodeLines), ...(more > 0 ? [`… and ${counted(more, "more line")}`] : [])]
    const verdict = node.verdict === null ? "not compared" : node.verdict
    return [`\`${node.id}\`${node.output ? " (output)" : ""}`, verdict, told.map(escaped).join("<br>")]
  })
  const more = notable.length - rows.length
  return [
    tableOf(["node", "verdict", "differences"], rows),
    ...(more > 0 ? [`\n… and ${counted(more, "more node")}`] : [])
  ].join("\n")
}

function detailsOf(title: string, { doc, columns, rows }: ComparisonTable): string {
  const shown = rows.slice(0, tableRows)
  const cells = shown.map((row) => row.map((cell) => escaped(clipped(cellText(cell), cellWidth))))
  const more = rows.length - shown.length
  return [
    `<details><summary>${escaped(title)} (${counted(rows.length, "row")})</summary>`,
    `${escaped(doc)}${more > 0 ? ` The first ${shown.length} rows.` : ""}`,
    tableOf(columns.map(escaped), cells),
    "</details>"
  ].join("\n\n")
}

const tableOf = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")

/** Data must not become markup: an item's name may hold a bar, a tag or an underscore. */
const escaped = (text: string) =>
  oneLine(text).replace(/[\\`*_[\]<>|#]/g, (mark) => (mark === "<" ? "&lt;" : `\\${mark}`))

/** What `diff` prints on a terminal: the verdict, the inputs that differ, the nodes. */
import type { AttributedDiff } from "../diff/attribution.ts"
import type { Diff } from "../diff/diff.ts"
import type { ComparisonTable, Verdict } from "../pipeline/comparison.ts"
import type { DiffNode } from "../diff/node-diff.ts"
import { cellText } from "../inspect/cell-text.ts"
import type { Paint, Style } from "../support/colour.ts"
import { count, counted } from "../support/numbers.ts"
import { clipped, oneLine, padded, widthOf, wrapped } from "../support/plain-text.ts"
import { textTable } from "../support/text-table.ts"
import { attributionTables } from "./attribution-tables.ts"
import { inputTexts, nodeTexts, notableNodes, otherNodes, sideText } from "./diff-words.ts"

/** Limits that keep a diff on one screen. */
const mostInputs = 12
const mostNodes = 8
/** Of all nodes together; the last one may exceed it. */
const mostNodeLines = 16
const outputLines = 6
const otherLines = 2
/** For two artifacts, which are one node. */
const artifactLines = 20
const tableRows = 12
const cellWidth = 24

const styles: Readonly<Record<Verdict, Style>> = { same: "green", different: "red", inconclusive: "yellow" }

export function diffText(diff: AttributedDiff, paint: Paint, width: number): string {
  const isOfRuns = diff.a.kind === "run"
  const sections = [
    headText(diff, paint, width),
    diff.inputs.length === 0 ? noInputs(diff) : inputsText(diff, paint, width),
    isOfRuns ? nodesText(diff, paint, width) : artifactText(diff, paint, width),
    ...attributionTables(diff).map(({ title, columns, rows }) =>
      [wrapped(paint("bold", title), width, "  "), textTable(columns, rows, { paint, indent: "  " })].join(
        "\n"
      )
    ),
    diff.notes.map((note) => wrapped(`${paint("yellow", "note:")} ${oneLine(note)}`, width, "  ")).join("\n")
  ]
  return sections.filter((section) => section !== "").join("\n\n")
}

function headText({ verdict, why, a, b }: Diff, paint: Paint, width: number): string {
  const side = (name: string, told: Diff["a"]) => [
    wrapped(`${paint("bold", name)}  ${sideText(told)}`, width, "   "),
    ...told.remarks.map((remark) => wrapped(`   ${paint("yellow", oneLine(remark))}`, width, "   "))
  ]
  const styled = wrapped(`${verdict}: ${oneLine(why)}`, width, "  ")
  return [
    paint(styles[verdict], verdict) + styled.slice(verdict.length),
    ...side("a", a),
    ...side("b", b)
  ].join("\n")
}

const noInputs = ({ a, b, nodes }: Diff): string =>
  a.run === null || b.run === null
    ? "inputs: not known, since no run of the store has one of the artifacts"
    : nodes.every(({ by, verdict }) => by === "digest" && verdict === "same")
      ? "inputs: none differ"
      : "inputs: none that differ are known"

function inputsText({ inputs }: Diff, paint: Paint, width: number): string {
  const lines = inputTexts(inputs, mostInputs).flatMap(({ text, lines: below }) => [
    wrapped(`  ${text}`, width, "    "),
    ...below.map((line) => wrapped(`    ${line}`, width, "      "))
  ])
  return [paint("bold", "inputs that differ"), ...lines].join("\n")
}

function nodesText(diff: Diff, paint: Paint, width: number): string {
  const notable = notableNodes(diff)
  const longest = notable.slice(0, mostNodes).reduce((most, { id }) => Math.max(most, widthOf(id)), 0)
  const lines: Array<string> = []
  let shown = 0
  for (const node of notable.slice(0, mostNodes)) {
    if (lines.length >= mostNodeLines) break
    const block = [
      wrapped(`  ${padded(node.id, longest)}  ${verdictText(node, paint)}`, width, "    "),
      ...linesOf(node, node.output ? outputLines : otherLines).map((line) =>
        wrapped(`    ${line}`, width, "      ")
      )
    ]
    lines.push(...block.join("\n").split("\n"))
    shown++
  }
  const more = notable.length - shown
  return [
    paint("bold", "nodes"),
    ...lines,
    ...(more > 0 ? [`  … and ${counted(more, "more node")}: --json has all`] : []),
    ...otherNodes(diff).map((line) => wrapped(`  ${line}`, width, "    "))
  ].join("\n")
}

const verdictText = ({ verdict, by, output }: DiffNode, paint: Paint): string => {
  const word = verdict === null ? "not compared" : paint(styles[verdict], verdict)
  const how = by === "stage" ? "by its stage" : by === "values" ? "by its values" : ""
  return [word, how, output ? "output" : ""].filter((part) => part !== "").join(", ")
}

function linesOf(node: DiffNode, most: number): ReadonlyArray<string> {
  const lines = nodeTexts(node)
  const more = lines.length - most
  return more <= 1 ? lines : [...lines.slice(0, most), `… and ${count(more)} more lines: --json has all`]
}

/** The lines of the one node, and its tables. */
function artifactText({ nodes }: Diff, paint: Paint, width: number): string {
  const [node] = nodes
  const lines = linesOf(node!, artifactLines).map((line) => wrapped(`  ${line}`, width, "    "))
  const tables = Object.entries({ ...node!.comparison?.tables, ...node!.values?.tables })
  return [
    ...(lines.length === 0 ? [] : [paint("bold", "differences"), ...lines]),
    ...tables.flatMap(([name, table]) => ["", tableText(name, table, paint, width)])
  ].join("\n")
}

function tableText(
  name: string,
  { doc, columns, rows }: ComparisonTable,
  paint: Paint,
  width: number
): string {
  const cells = rows.slice(0, tableRows).map((row) => row.map((cell) => clipped(cellText(cell), cellWidth)))
  let used = 2
  const fits = columns.findIndex((column, i) => {
    used += 2 + cells.reduce((most, row) => Math.max(most, widthOf(row[i] ?? "")), widthOf(column))
    return used - 2 > width && i > 0
  })
  const shown = fits < 0 ? columns.length : fits
  const hidden = [
    ...(rows.length > tableRows ? [counted(rows.length - tableRows, "more row")] : []),
    ...(shown < columns.length ? [`columns ${columns.slice(shown).join(", ")}`] : [])
  ]
  return [
    wrapped(`${paint("bold", oneLine(name))}  ${oneLine(doc)}`, width, "  "),
    textTable(
      columns.slice(0, shown),
      cells.map((row) => row.slice(0, shown)),
      { paint, indent: "  " }
    ),
    ...(hidden.length === 0 ? [] : [wrapped(`  … ${hidden.join("; ")}: --json has all`, width, "  ")])
  ].join("\n")
}

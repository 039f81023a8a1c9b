/** What failed in a run, and what it left out. */
import { failureGroups, groupExamples, groupSize } from "../inspect/failure-groups.ts"
import type { RunRecord } from "../store/records/run-record.ts"
import { clipped } from "../support/plain-text.ts"
import { dataTable } from "./data-table.ts"
import { anchorOf, type Html, markup } from "./html.ts"
import type { Section } from "./page.ts"

const mostRows = 300
/** Characters of an error. */
const errorWidth = 600

/** Null if nothing failed or was skipped. */
export function failedSection({ id, nodes }: RunRecord): Section | null {
  const nodeLink = (node: string) => markup`<a href="#${anchorOf("node", node)}">${node}</a>`
  const failed = nodes.flatMap((node) =>
    failureGroups(node.failures).map((group) => [
      group.items.length === 1 ? group.items[0]! : groupSize(group),
      nodeLink(node.id),
      node.stage,
      clipped(group.error, errorWidth),
      group.items.length === 1 ? null : groupExamples(group)
    ])
  )
  const skipped = nodes.flatMap((node) =>
    node.status === "skipped"
      ? [["–", nodeLink(node.id), node.stage, `skipped: ${node.error ?? ""}`, null]]
      : []
  )
  const rows = [...failed, ...skipped]
  if (rows.length === 0) return null
  return {
    id: "failed",
    title: "What failed",
    body: dataTable({
      caption: "Failed items by cause, and skipped nodes",
      columns: ["item", "node", "stage", "cause", "examples"],
      rows,
      most: mostRows,
      rest: `probeline show ${id}`
    })
  }
}

/** `show` has more, and in full. */
const mostExamples = 3
const examplesWidth = 60
const examplesText = (examples: ReadonlyArray<string>, of: number) => {
  const fit = examples
    .slice(0, mostExamples)
    .filter((_, i) => examples.slice(0, i + 1).join(", ").length <= examplesWidth)
  const shown = fit.length === 0 ? examples.slice(0, 1) : fit
  return `${shown.map((example) => clipped(example, 70)).join(", ")}${of > shown.length ? ", …" : ""}`
}

export function leftOutTable({ id, nodes }: RunRecord): Html {
  const rows = nodes.flatMap(({ id: node, losses = [] }) =>
    losses.map(({ what, reason, count, total, examples }) => [
      markup`<a href="#${anchorOf("node", node)}">${node}</a>`,
      count,
      total,
      what,
      reason,
      examples.length === 0 ? null : examplesText(examples, count)
    ])
  )
  if (rows.length === 0) return markup`<p>Nothing was left out.</p>`
  return dataTable({
    caption: "What each node left out",
    columns: ["node", "left out", "of", "what", "reason", "examples"],
    rows,
    most: mostRows,
    rest: `probeline show ${id}`
  })
}

/** What a run prints at its end. */
import * as path from "node:path"
import type { Summary } from "../pipeline/figures.ts"
import type { NodeRecord, NodeStatus, RunRecord, RunStatus, Stopped } from "../store/records/run-record.ts"
import { viewOf } from "../store/runs/view.ts"
import type { Paint, Style } from "../support/colour.ts"
import { failureGroups, groupExamples, groupSize } from "../inspect/failure-groups.ts"
import { lossesOfNodes, lossLines } from "./loss-lines.ts"
import { bytes, count, counted, duration } from "../support/numbers.ts"
import { clipped, oneLine, padded, printable, widthOf } from "../support/plain-text.ts"
import { type TableCell, textTable } from "../support/text-table.ts"

export interface RunLook {
  readonly paint: Paint
  /** the store's folder, as given */
  readonly store: string
  readonly summaries: ReadonlyArray<Summary>
  /** a figure as characters */
  readonly curve?: string
  /** the run's picture, relative to the store */
  readonly picture?: string | null
  /** an earlier run: runs/latest may point elsewhere by now */
  readonly past?: boolean
}
/** At most this many causes are listed; items with other causes are counted. */
const namedFailures = 20
const namedFiles = 12
/** Lines of an error, and characters of a line. */
const mostCauseLines = 12
const causeWidth = 300

export function runSummary(run: RunRecord, look: RunLook): string {
  const { paint, store, summaries, curve = "", picture = null, past = false } = look
  const sections = [
    nodeTable(run, paint),
    failureLines(run, paint),
    markLines(run, paint),
    ...summaries.map((summary) => summaryText(summary, paint)),
    curve,
    past ? lossesOfNodes(run.nodes, paint) : lossLines(run.nodes, paint),
    fileLines(run, { store, paint, past, picture }),
    closingLine(run, paint)
  ]
  return sections.filter((section) => section !== "").join("\n\n")
}

/** With more nodes than this, fresh ones are counted, not listed. */
const mostListed = 200

function nodeTable({ nodes }: RunRecord, paint: Paint): string {
  const listed = nodes.length <= mostListed ? nodes : nodes.filter(({ status }) => status !== "cached")
  const rows = listed.map((node): ReadonlyArray<TableCell> => [
    node.id,
    {
      text: [
        node.status,
        ...(node.incomplete ? ["incomplete"] : []),
        ...(node.accepted === undefined ? [] : ["accepted"])
      ].join(", "),
      style: statusStyle[node.status]
    },
    itemsText(node),
    node.status === "executed" || (node.status === "failed" && node.items.executed > 0)
      ? duration(node.seconds ?? 0)
      : "–",
    node.bytes === null ? "–" : bytes(node.bytes)
  ])
  const table =
    rows.length === 0 ? [] : [textTable(["node", "status", "items", "time", "size"], rows, { paint })]
  const others = nodes.length - listed.length
  return [...table, ...(others === 0 ? [] : [paint("dim", `${counted(others, "node")} unchanged`)])].join(
    "\n"
  )
}

const statusStyle: Readonly<Record<NodeStatus, Style>> = {
  executed: "green",
  cached: "dim",
  failed: "red",
  skipped: "yellow"
}

function itemsText({ items: { total, executed, cached, failed } }: NodeRecord): string {
  if (total === null) return "–"
  const parts = [
    ...(executed > 0 && cached > 0 ? [`${count(executed)} computed`] : []),
    ...(failed > 0 ? [`${count(failed)} failed`] : [])
  ]
  return parts.length === 0 ? count(total) : `${count(total)} (${parts.join(", ")})`
}

function failureLines({ nodes }: RunRecord, paint: Paint): string {
  const groups = nodes.flatMap((node) => failureGroups(node.failures).map((group) => ({ node, ...group })))
  const sizeOf = (some: typeof groups) => some.reduce((sum, { items }) => sum + items.length, 0)
  const skipped = nodes.filter(({ status }) => status === "skipped")
  const lines: Array<string> = []
  if (groups.length > 0) {
    const rows = groups.slice(0, namedFailures).map((group): ReadonlyArray<TableCell> => {
      const { node, items, error } = group
      const isOne = items.length === 1
      return [
        isOne ? (items[0] === node.id ? { text: "the stage", style: "dim" } : items[0]!) : groupSize(group),
        node.id,
        { text: node.stage, style: "cyan" },
        { lines: [...causeLines(error), ...(isOne ? [] : [groupExamples(group)])] }
      ]
    })
    lines.push(
      paint("red", `failed: ${count(sizeOf(groups))}`),
      textTable(["item", "node", "stage", "cause"], rows, { paint, indent: "  " })
    )
    if (groups.length > namedFailures)
      lines.push(`  … and ${count(sizeOf(groups.slice(namedFailures)))} more, in the run's log.ndjson`)
  }
  for (const hint of new Set(nodes.flatMap((node) => (node.status === "failed" ? (node.hint ?? []) : []))))
    lines.push(`  ${paint("cyan", "hint:")} ${printable(hint)}`)
  // a recorded failure: nothing was tried
  if (nodes.some(({ status, seconds }) => status === "failed" && seconds === 0))
    lines.push(`  ${paint("cyan", "hint:")} --retry-failed retries earlier failures`)
  for (const { id, error } of skipped.slice(0, namedFailures))
    lines.push(`${paint("yellow", "skipped:")} ${id}: ${printable(error ?? "")}`)
  if (skipped.length > namedFailures)
    lines.push(`… and ${count(skipped.length - namedFailures)} more were skipped`)
  return lines.join("\n")
}

/** An error line by line; a very long one is cut, and is in full in the run's log. */
function causeLines(error: string): ReadonlyArray<string> {
  const lines = error
    .trim()
    .split(/\r?\n/)
    .map((line) => clipped(line, causeWidth))
  const more = lines.length - mostCauseLines
  return more <= 0
    ? lines
    : [...lines.slice(0, mostCauseLines), `… ${counted(more, "more line")}, in the run's log.ndjson`]
}

function markLines({ nodes }: RunRecord, paint: Paint): string {
  const incomplete = nodes.filter((node) => node.incomplete).map(({ id }) => id)
  const partial = [...new Set(nodes.flatMap((node) => node.partial))]
  return [
    ...partial.map((reason) => `${paint("yellow", "partial:")} ${printable(reason)}`),
    ...(incomplete.length === 0
      ? []
      : [
          `${paint("yellow", "incomplete:")} ${listed(incomplete)} ${incomplete.length === 1 ? "omits" : "omit"} failed items and anything derived from them`
        ])
  ].join("\n")
}

const listed = (ids: ReadonlyArray<string>) =>
  ids.length <= 6 ? ids.join(", ") : `${ids.slice(0, 6).join(", ")} and ${ids.length - 6} more`

/** A stage's own table, with a legend of its columns. */
export function summaryText({ title, columns, rows, docs = {} }: Summary, paint: Paint): string {
  const told = columns.length > mostExplained ? [] : columns.filter((name) => Object.hasOwn(docs, name))
  const width = Math.max(0, ...told.map(widthOf))
  return [
    paint("bold", oneLine(title)),
    textTable(columns, rows, { paint }),
    ...told.map((name) => `  ${paint("dim", `${padded(oneLine(name), width)}  ${oneLine(docs[name]!)}`)}`)
  ].join("\n")
}

/** Tables with more columns than this have no legend. */
const mostExplained = 12

function fileLines(
  { id, nodes, outputs, targets = [], status }: RunRecord,
  { store, paint, past, picture }: Required<Pick<RunLook, "store" | "paint" | "past" | "picture">>
): string {
  const made = new Map(nodes.map((node) => [node.id, node.artifact !== null]))
  const asked = new Set([...targets, ...Object.values(outputs).flat()])
  const files = [...asked].filter((node) => made.get(node) === true)
  const part = targets.length === 0 ? "" : " (only part of the pipeline)"
  // an interrupted run is not the latest
  const latest =
    !past && (status === "ok" || status === "failed")
      ? [`  ${path.join(store, "runs", "latest")} → ${id}${part}`]
      : []
  if (![...made.values()].includes(true) || files.length + latest.length === 0) return ""
  return [
    paint("bold", "written"),
    ...files.slice(0, namedFiles).map((node) => `  ${path.join(store, viewOf(id, node))}`),
    ...(files.length > namedFiles ? [`  … and ${count(files.length - namedFiles)} more`] : []),
    ...(picture === null
      ? []
      : [`  ${path.join(store, picture)}  ${paint("dim", `(other figures: probeline plot @1)`)}`]),
    ...latest
  ].join("\n")
}

function closingLine(run: RunRecord, paint: Paint): string {
  const { nodes, status } = run
  const of = (wanted: NodeStatus) => nodes.filter((node) => node.status === wanted).length
  const parts = (["executed", "cached", "failed", "skipped"] as const).flatMap((word) =>
    of(word) === 0 ? [] : [`${count(of(word))} ${word}`]
  )
  const took =
    run.finished === null
      ? ""
      : ` in ${duration((Date.parse(run.finished) - Date.parse(run.started)) / 1000)}`
  const what =
    status === "ok" && of("cached") === nodes.length
      ? `everything was fresh (${counted(nodes.length, "node")})`
      : parts.join(", ")
  const hint = [
    ...(run.stopped === undefined ? [] : stoppedLines(run.stopped, paint)),
    ...(status === "interrupted" ? ["finished work is kept: run the same command to continue"] : [])
  ]
  return `${run.pipeline}: ${paint(runStyle[status], status)}${took}${what === "" ? "" : `, ${what}`}${hint.map((line) => `\n${line}`).join("")}`
}

/** Why the run was interrupted. */
export const stoppedLines = ({ reason, hint }: Stopped, paint: Paint): ReadonlyArray<string> => [
  `${paint("yellow", "stopped:")} ${printable(reason)}`,
  ...(hint === null ? [] : [`  ${paint("cyan", "hint:")} ${printable(hint)}`])
]

export const runStyle: Readonly<Record<RunStatus, Style>> = {
  running: "cyan",
  ok: "green",
  failed: "red",
  interrupted: "yellow",
  planned: "dim"
}

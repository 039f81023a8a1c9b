/**
 * The progress of a run that its record describes as running.
 *
 * The record is written once it is known which nodes are fresh, and again at the end of the run. In between, the run's
 * log has one line per finished node. So the progress of an active or killed run is known, at no cost even with 10,000
 * nodes.
 */
import * as path from "node:path"
import { isLive } from "./live.ts"
import type { NodeRecord, RunRecord } from "../records/run-record.ts"
import type { Store } from "../store.ts"

/** The fields read from a line of `log.ndjson`. */
interface Line {
  /** ISO 8601, UTC */
  readonly time: string
  readonly event: string
  readonly node: string | null
  /** of a finished node; absent in logs of earlier versions */
  readonly record?: NodeRecord
  /** of an interrupted run that logged why; absent in logs of earlier versions */
  readonly ended?: Pick<RunRecord, "status" | "stopped">
}

/** The record, updated with the nodes that finished since it was written. */
export const runSoFar = (run: RunRecord, store: Store): RunRecord =>
  run.status === "running" ? withEnded(run, linesOf(run, store)) : run

/**
 * The same, but a run without a live process counts as interrupted. The log has the reason if only the record could not
 * be written (a full disk may have room for a line). Otherwise the run was killed, or there was no room even for that.
 *
 * @param now milliseconds since 1970
 */
export function runAsItIs(run: RunRecord, store: Store, now: number): RunRecord {
  if (run.status !== "running") return run
  const lines = linesOf(run, store)
  const soFar = withEnded(run, lines)
  if (isLive(store, run, now)) return soFar
  const begun = new Set(lines.flatMap(({ event, node }) => (event === "node-started" ? (node ?? []) : [])))
  const last = lines.findLast(({ ended }) => ended !== undefined)
  const known = new Set(run.nodes.filter(({ status }) => status !== "skipped").map(({ id }) => id))
  for (const { node } of lines.filter(isEnd)) known.add(node!)
  return {
    ...soFar,
    ...(last?.ended ?? { status: "interrupted", stopped: { reason: cutOff(lines.at(-1)), hint: null } }),
    finished: last?.time ?? null,
    nodes: soFar.nodes.map((node) =>
      known.has(node.id) ? node : { ...node, error: begun.has(node.id) ? underWay : notReached }
    )
  }
}

const underWay = "it was running when the run was interrupted"
const notReached = "the run was interrupted before it started"

const cutOff = (last: Line | undefined) =>
  `killed, or the disk was full: the process disappeared${last === undefined ? "" : `; last sign of life ${last.time}`}`

const isEnd = (line: Line) => line.event === "node-finished"

function withEnded(run: RunRecord, lines: ReadonlyArray<Line>): RunRecord {
  const ended = new Map(
    lines.flatMap((line) => (isEnd(line) && line.record !== undefined ? [[line.node!, line.record]] : []))
  )
  return ended.size === 0 ? run : { ...run, nodes: run.nodes.map((node) => ended.get(node.id) ?? node) }
}

/** Empty if the log is missing or unreadable. */
function linesOf({ id }: RunRecord, { files, layout }: Store): ReadonlyArray<Line> {
  let text: string
  try {
    text = new TextDecoder().decode(files.readIfPresent(path.join(layout.run(id), "log.ndjson")) ?? undefined)
  } catch {
    return []
  }
  return text.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line) as Line]
    } catch {
      return [] // the end of the file, or a line cut off by a kill
    }
  })
}

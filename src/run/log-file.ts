/**
 * The run's log: `runs/<run>/log.ndjson`, one JSON object per line: output of stages and their workers,
 * failures, and when nodes started and ended. Fresh nodes leave no line.
 */
import * as path from "node:path"
import { sentence } from "../plan/cue.ts"
import type { NodeRecord, RunRecord } from "../store/records/run-record.ts"
import type { Store } from "../store/store.ts"
import type { Emit, RunEvent } from "./events.ts"

export interface LogLine {
  /** ISO 8601, UTC */
  readonly time: string
  readonly event: RunEvent["type"]
  readonly node: string | null
  readonly item: string | null
  readonly message: string
  /** of a failure: where the stage threw, in the user's source */
  readonly file?: string
  readonly line?: number
  readonly column?: number
  readonly stack?: string
  /** of a finished node: its part of the run's record, for readers before the end of the run or after a kill */
  readonly record?: NodeRecord
  /** of a run that was cut off: the end of its record, in case that cannot be written */
  readonly ended?: Pick<RunRecord, "status" | "stopped">
}
/** The run's folder must exist before the first event. A failure to write the log does not stop the run. */
export function logFile(store: Store, run: string, now: () => Date): Emit {
  const file = path.join(store.layout.run(run), "log.ndjson")
  /** the last line may be incomplete on disk: the next one starts with a newline */
  let isTorn = false
  const write = (line: Omit<LogLine, "time">) => {
    const text = `${JSON.stringify({ time: now().toISOString(), ...line })}\n`
    try {
      store.files.append(file, isTorn ? `\n${text}` : text)
      isTorn = false
    } catch {
      isTorn = true
      // the run's results matter more than its log; a full disk is noticed elsewhere
    }
  }
  return (event) => {
    const line = lineOf(event)
    if (line !== null) write({ event: event.type, ...line })
  }
}

function lineOf(event: RunEvent): Omit<LogLine, "time" | "event"> | null {
  switch (event.type) {
    case "run-started":
      return { node: null, item: null, message: `${event.run.pipeline}: ${event.nodes.length} nodes` }
    case "node-started":
      return { node: event.node, item: null, message: event.plan.cues.map(sentence).join("; ") }
    case "node-log":
      return { node: event.node, item: null, message: event.message }
    case "node-output":
      return { node: event.node, item: null, message: event.line }
    case "item-failed": {
      const { item, error, thrown } = event.failure
      return { node: event.node, item, message: error, ...placeOf(thrown ?? {}) }
    }
    case "node-failed": {
      const { message, file, line, column, sourceStack } = event.problem
      return { node: event.node, item: null, message, ...placeOf({ file, line, column, stack: sourceStack }) }
    }
    case "node-finished": {
      const { id, status, error, items } = event.record
      if (status === "cached") return null
      return {
        node: id,
        item: null,
        message:
          error === null
            ? `${status}: ${items.executed} computed, ${items.failed} failed`
            : `${status}: ${error}`,
        record: event.record
      }
    }
    case "run-finished": {
      const { status, stopped } = event.run
      const line = { node: null, item: null, message: endOf(event.run) }
      return stopped === undefined ? line : { ...line, ended: { status, stopped } }
    }
    case "node-progress":
      return null
  }
}

/** What is known of it. */
const placeOf = (
  thrown: Partial<
    Readonly<Record<"file" | "stack", string | null> & Record<"line" | "column", number | null>>
  >
): Pick<LogLine, "file" | "line" | "column" | "stack"> =>
  Object.fromEntries(Object.entries(thrown).filter(([, value]) => value !== null))

const endOf = ({ status, stopped }: RunRecord) =>
  stopped === undefined ? status : `${status}: ${stopped.reason}`

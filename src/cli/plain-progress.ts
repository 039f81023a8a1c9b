/** Progress as lines: starts, failures, output of stages, and one line every ten seconds. */
import { idColumnOf } from "../plan/node-preimage.ts"
import type { Emit, RunEvent } from "../run/events.ts"
import { sentence } from "../plan/cue.ts"
import { causeOf } from "../inspect/failure-groups.ts"
import { amounts, type NodeProgress } from "./node-progress.ts"
import { count, counted, duration } from "../support/numbers.ts"
import type { CommandOutput } from "./output.ts"
import { clipped, oneLine, printable } from "../support/plain-text.ts"

const everyMs = 10_000
/** At most this many causes per node are shown as they happen, each once. */
const namedFailures = 20

export interface ProgressDetail {
  /** include what a live line would show */
  readonly steps: boolean
  /** include stack traces of stages */
  readonly debug: boolean
}

export function plainProgress(
  { err, errPaint: paint }: CommandOutput,
  now: () => number,
  { steps, debug }: ProgressDetail
): Emit {
  const running = new Map<string, NodeProgress & { kind: string; said: number; causes: Set<string> }>()
  const stackLines = (stack: string) => {
    if (debug) for (const line of stack.split("\n")) err(`  ${printable(line)}`)
  }
  const node = (id: string) => paint("cyan", `${id}:`)
  return (event: RunEvent) => {
    switch (event.type) {
      case "node-started": {
        const at = now()
        const kind = idColumnOf(event.plan.node) ?? "item"
        running.set(event.node, {
          node: event.node,
          kind,
          started: at,
          said: at,
          done: 0,
          total: event.items,
          causes: new Set()
        })
        const why = event.plan.cues.slice(0, 3).map((cue) => oneLine(sentence(cue)))
        const items = event.items === null ? "" : `${counted(event.items, kind)}; `
        err(`${node(event.node)} ${items}${clipped(why.join("; "), 300)}`)
        break
      }
      case "node-progress": {
        const its = running.get(event.node)
        if (its === undefined) break
        its.done = event.done
        its.total = event.total
        const at = now()
        if (!steps || at - its.said < everyMs) break
        its.said = at
        err(`${node(event.node)} ${amounts(its, at)}`)
        break
      }
      case "item-failed": {
        const { item, error, thrown } = event.failure
        const causes = running.get(event.node)?.causes ?? new Set()
        if (causes.size >= namedFailures || causes.has(causeOf(event.failure))) break
        causes.add(causeOf(event.failure))
        err(`${node(event.node)} ${paint("red", "failed")} ${oneLine(item)}: ${clipped(oneLine(error), 300)}`)
        if (thrown !== undefined) stackLines(thrown.stack)
        if (causes.size === namedFailures)
          err(`${node(event.node)} further failures are listed at the end and in the log`)
        break
      }
      case "node-failed":
        if (event.problem.sourceStack !== null) stackLines(event.problem.sourceStack)
        break
      case "node-output":
        err(`${paint("dim", `[${event.node ?? "worker"}]`)} ${printable(event.line)}`)
        break
      case "node-log":
        err(`${node(event.node)} ${printable(event.message)}`)
        break
      case "node-finished": {
        const { id, status, items, seconds, error } = event.record
        const kind = running.get(id)?.kind ?? "item"
        running.delete(id)
        if (status === "cached") break
        const some =
          items.failed > 0
            ? `${count(items.failed)} of ${counted(items.total ?? 0, kind)}`
            : counted(items.executed, kind)
        // a stage's error may span lines; the summary prints it in full
        const what =
          status === "failed" && error !== null
            ? "details below and in log.ndjson"
            : error === null
              ? some
              : oneLine(error)
        const took = status === "skipped" || seconds === null ? "" : ` (${duration(seconds)})`
        err(
          `${node(id)} ${paint(status === "executed" ? "green" : status === "failed" ? "red" : "yellow", status)}: ${clipped(what, 300)}${took}`
        )
        break
      }
      default:
    }
  }
}

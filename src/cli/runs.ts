/** `runs`: lists the store's runs, newest first, by the references that `show` takes; `runs pin` protects one from gc. */
import { attemptAsync } from "../run/attempt.ts"
import { isPinned } from "../store/gc/pin.ts"
import type { NodeStatus, RunRecord } from "../store/records/run-record.ts"
import { runAsItIs } from "../store/runs/run-so-far.ts"
import type { Paint } from "../support/colour.ts"
import { defineCommand } from "./command.ts"
import { count, duration } from "../support/numbers.ts"
import { openStore } from "../project/open-store.ts"
import { pinRuns } from "./pin-runs.ts"
import { runStyle } from "./run-summary.ts"
import { clipped, oneLine } from "../support/plain-text.ts"
import { runDoc } from "./shared-options.ts"
import { type TableCell, textTable } from "../support/text-table.ts"

const usualLimit = 20

export const runsCommand = defineCommand({
  name: "runs",
  doc: "list runs, newest first, or pin them",
  positionals: [
    { name: "action", arity: "maybe", doc: "pin or unpin the given runs" },
    { name: "run", arity: "rest", doc: runDoc }
  ],
  options: {
    limit: { kind: "count", value: "N", doc: `show at most N runs (default: ${usualLimit}; all with --json)` }
  },
  examples: [
    ["runs", "@1 is the most recently started run"],
    ["runs --json", "all runs, for scripts"],
    ["runs pin @1", "protect @1 and everything it uses from gc, until `runs unpin`"]
  ],
  run: ({ action, run: named, limit }, { output, json, store: root, now }) =>
    attemptAsync(async () => {
      const store = await openStore(root)
      if (action !== null) {
        const { word, runs } = pinRuns(store, action, named, now().toISOString())
        output.out(json ? JSON.stringify({ runs }) : runs.map(({ run }) => `${word} ${run}`).join("\n"))
        return 0
      }
      const ids = store.runs().toReversed()
      const shown = ids.slice(0, limit ?? (json ? ids.length : usualLimit))
      const records: Array<RunRecord> = []
      const refs: Array<string> = []
      for (const [i, id] of shown.entries()) {
        const record = store.run(id)
        if (record === null) continue
        records.push(runAsItIs(record, store, now().getTime()))
        refs.push(`@${i + 1}`)
      }
      const pinned = new Set(shown.filter((id) => isPinned(store, id)))
      if (json)
        output.out(
          JSON.stringify({
            runs: records.map((record, i) => runLine(record, refs[i]!, pinned.has(record.id)))
          })
        )
      else if (records.length === 0) output.out(`no runs in ${root}`)
      else output.out(runsText(records, refs, ids.length, output.paint, pinned, output.width))
      return 0
    })
})

const statusesOf = ({ nodes }: RunRecord) => {
  const of = (wanted: NodeStatus) => nodes.filter(({ status }) => status === wanted).length
  return { executed: of("executed"), cached: of("cached"), failed: of("failed"), skipped: of("skipped") }
}
const secondsOf = ({ started, finished }: RunRecord) =>
  finished === null ? null : (Date.parse(finished) - Date.parse(started)) / 1000

export const runLine = (run: RunRecord, ref: string, pinned = false) => ({
  ref,
  run: run.id,
  pipeline: run.pipeline,
  file: run.file,
  status: run.status,
  started: run.started,
  finished: run.finished,
  seconds: secondsOf(run),
  params: run.params,
  nodes: { total: run.nodes.length, ...statusesOf(run) },
  outputs: run.outputs,
  targets: run.targets ?? null,
  stopped: run.stopped ?? null,
  pinned
})

/** What is unusual about the run. */
const remark = ({ stopped, targets }: RunRecord): string =>
  stopped?.reason ?? (targets === undefined ? "" : `only ${targets.join(", ")}`)

export function runsText(
  runs: ReadonlyArray<RunRecord>,
  refs: ReadonlyArray<string>,
  total: number,
  paint: Paint,
  pinned: ReadonlySet<string>,
  width: number
): string {
  const rows = runs.map((run, i): ReadonlyArray<TableCell> => {
    const seconds = secondsOf(run)
    const nodes = Object.entries(statusesOf(run)).flatMap(([word, n]) =>
      n === 0 ? [] : [`${count(n)} ${word}`]
    )
    return [
      { text: refs[i]!, style: "bold" },
      run.id,
      run.pipeline,
      { text: run.status, style: runStyle[run.status] },
      seconds === null ? "–" : duration(seconds),
      nodes.join(", "),
      clipped(oneLine(remark(run)), Math.max(40, width - 90)),
      pinned.has(run.id) ? { text: "pinned", style: "yellow" } : ""
    ]
  })
  const more = total > runs.length ? [`… ${count(total)} in total: --limit ${total} shows them all`] : []
  return [
    textTable(["ref", "run", "pipeline", "status", "time", "nodes", "", ""], rows, { paint }),
    ...more
  ].join("\n")
}

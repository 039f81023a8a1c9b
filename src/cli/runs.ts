/** `runs`: lists the store's runs, newest first, by the references that `show` takes; `runs pin` protects one from gc. */
import { type ChangedParam, changedParams, changedText } from "../diff/changed-params.ts"
import { attemptAsync } from "../run/attempt.ts"
import { isPinned } from "../store/gc/pin.ts"
import { resolveReference } from "../project/reference.ts"
import type { NodeStatus, RunRecord } from "../store/records/run-record.ts"
import { checkRunName, labelRun, type Labels, labelsOf } from "../store/runs/labels.ts"
import type { Store } from "../store/store.ts"
import { usage } from "../support/problem.ts"
import { runsOf } from "../store/runs/runs-of.ts"
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
  doc: "list runs, newest first; pin or rename them",
  positionals: [
    { name: "action", arity: "maybe", doc: "pin or unpin the given runs; rename a run: rename RUN NAME" },
    { name: "run", arity: "rest", doc: runDoc }
  ],
  options: {
    limit: { kind: "count", value: "N", doc: `show at most N runs (default: ${usualLimit}; all with --json)` }
  },
  examples: [
    ["runs", "@1 is the most recently started run"],
    ["runs --json", "all runs, for scripts"],
    ["runs rename @1 baseline", "name a run: `show baseline`"],
    ["runs pin @1", "protect @1 and everything it uses from gc, until `runs unpin`"]
  ],
  run: ({ action, run: named, limit }, { output, json, store: root, now }) =>
    attemptAsync(async () => {
      const store = await openStore(root)
      if (action === "rename") {
        const { run, name } = renameRun(store, named)
        output.out(json ? JSON.stringify({ runs: [{ run, name }] }) : `renamed ${run} to ${name}`)
        return 0
      }
      if (action !== null) {
        const { word, runs } = pinRuns(store, action, named, now().toISOString())
        output.out(json ? JSON.stringify({ runs }) : runs.map(({ run }) => `${word} ${run}`).join("\n"))
        return 0
      }
      const begun = store.runs()
      const ids = begun.toReversed()
      const shown = ids.slice(0, limit ?? (json ? ids.length : usualLimit))
      const listed: Array<ListedRun> = []
      for (const [i, id] of shown.entries()) {
        const record = store.run(id)
        if (record === null) continue
        listed.push({
          run: runAsItIs(record, store, now().getTime()),
          ref: `@${i + 1}`,
          pinned: isPinned(store, id),
          ...labelsOf(store, id),
          changed: changedParams(record, runBefore(store, record, begun.slice(0, -1 - i)))
        })
      }
      if (json) output.out(JSON.stringify({ runs: listed.map(runLine) }))
      else if (listed.length === 0) output.out(`no runs in ${root}`)
      else output.out(runsText(listed, ids.length, output.paint, output.width))
      return 0
    })
})

const statusesOf = ({ nodes }: RunRecord) => {
  const of = (wanted: NodeStatus) => nodes.filter(({ status }) => status === wanted).length
  return { executed: of("executed"), cached: of("cached"), failed: of("failed"), skipped: of("skipped") }
}
const secondsOf = ({ started, finished }: RunRecord) =>
  finished === null ? null : (Date.parse(finished) - Date.parse(started)) / 1000

interface ListedRun extends Labels {
  readonly run: RunRecord
  readonly ref: string
  readonly pinned: boolean
  /** what differs from the run of the same pipeline before it; empty for the first */
  readonly changed: ReadonlyArray<ChangedParam>
}

/** The run of the same pipeline before; `older` are ids, oldest first. */
function runBefore(store: Store, run: RunRecord, older: ReadonlyArray<string>): RunRecord | null {
  for (const id of runsOf(store, older, run)) {
    const record = store.run(id)
    if (record !== null) return record
  }
  return null
}

/** @throws Problem Usage or RunNotFound */
function renameRun(
  store: Store,
  words: ReadonlyArray<string>
): { readonly run: string; readonly name: string } {
  const [reference, name, ...more] = words
  if (reference === undefined || name === undefined || more.length > 0)
    throw usage("rename takes a run and its new name", "rename", "probeline runs rename @1 baseline")
  const referred = resolveReference(store, reference)
  if (referred.kind !== "run")
    throw usage(`"${reference}" is an artifact: only runs have names`, reference, "give only the run")
  const run = referred.run.id
  const later = store.runs().findLast((id) => id > run && labelsOf(store, id).name === name)
  if (later !== undefined)
    throw usage(
      `"${name}" is the name of a later run, ${later}, and stands for that one`,
      name,
      `choose another name, or rename the later one first: probeline runs rename ${later} NAME`
    )
  labelRun(store, run, { ...labelsOf(store, run), name: checkRunName(name, "rename") })
  return { run, name }
}

const runLine = ({ run, ref, pinned, name, note, changed }: ListedRun) => ({
  ref,
  run: run.id,
  name,
  note,
  pipeline: run.pipeline,
  file: run.file,
  status: run.status,
  started: run.started,
  finished: run.finished,
  seconds: secondsOf(run),
  params: run.params,
  changed,
  nodes: { total: run.nodes.length, ...statusesOf(run) },
  outputs: run.outputs,
  targets: run.targets ?? null,
  stopped: run.stopped ?? null,
  pinned
})

/** What a user wants to know of the run besides its outcome: its note, what changed, what is unusual about it. */
const remark = ({ run: { stopped, targets }, note, changed }: ListedRun): string =>
  [
    note ?? "",
    changedText(changed),
    stopped?.reason ?? (targets === undefined ? "" : `only ${targets.join(", ")}`)
  ]
    .filter((text) => text !== "")
    .join("; ")

function runsText(runs: ReadonlyArray<ListedRun>, total: number, paint: Paint, width: number): string {
  const isNamed = runs.some(({ name }) => name !== null)
  const rows = runs.map((listed): ReadonlyArray<TableCell> => {
    const { run, ref, pinned, name } = listed
    const seconds = secondsOf(run)
    const nodes = Object.entries(statusesOf(run)).flatMap(([word, n]) =>
      n === 0 ? [] : [`${count(n)} ${word}`]
    )
    return [
      { text: ref, style: "bold" },
      run.id,
      ...(isNamed ? [name ?? ""] : []),
      run.pipeline,
      { text: run.status, style: runStyle[run.status] },
      seconds === null ? "–" : duration(seconds),
      nodes.join(", "),
      clipped(oneLine(remark(listed)), Math.max(40, width - 90)),
      pinned ? { text: "pinned", style: "yellow" } : ""
    ]
  })
  const more = total > runs.length ? [`… ${count(total)} in total: --limit ${total} shows them all`] : []
  const columns = ["ref", "run", ...(isNamed ? ["name"] : []), "pipeline", "status", "time", "nodes", "", ""]
  return [textTable(columns, rows, { paint }), ...more].join("\n")
}

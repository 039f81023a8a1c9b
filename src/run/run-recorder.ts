/** The record of a run that goes on: what each node has come to, written to the store when it matters. */
import type { GraphNode } from "../pipeline/graph.ts"
import { thisProcess } from "../store/files/process-identity.ts"
import { storeProblem } from "../store/files/store-error.ts"
import type { NodeRecord, RunRecord, Stopped } from "../store/records/run-record.ts"
import type { Store } from "../store/store.ts"
import { isProblem, type Problem } from "../support/problem.ts"
import type { Emit } from "./events.ts"
import { type Outcome, skipped } from "./outcome.ts"
import type { RunOptions } from "./run-options.ts"
import type { Views } from "./views.ts"

export class RunRecorder {
  readonly #options: RunOptions
  readonly #store: Store
  readonly #views: Views
  readonly #process: NonNullable<RunRecord["process"]>
  readonly #started: string
  /** of the nodes that have ended, by id */
  readonly #records = new Map<string, NodeRecord>()
  readonly #begun = new Set<string>()
  #written: RunRecord | null = null

  constructor(options: RunOptions, store: Store, views: Views) {
    this.#options = options
    this.#store = store
    this.#views = views
    this.#process = thisProcess(store.files)
    this.#started = options.now().toISOString()
  }

  /** Hears which nodes have begun. */
  readonly emit: Emit = (event) => {
    if (event.type === "node-started") this.#begun.add(event.node)
    this.#options.emit(event)
  }

  /** A gc beside this run has to see it; of nodes there is nothing to say before it is known which are fresh. */
  begin(): void {
    const begun = this.#write(this.#record("running", []))
    this.emit({ type: "run-started", run: begun, nodes: this.#options.nodes.map((node) => node.id) })
  }

  /** What the first look has found, in place of all that was recorded before. */
  found(fresh: ReadonlyMap<string, Outcome>): void {
    this.#records.clear()
    for (const [id, { record }] of fresh) this.#records.set(id, record)
  }

  settle({ record }: Outcome): void {
    this.#records.set(record.id, record)
    this.emit({ type: "node-finished", record })
  }

  get records(): ReadonlyArray<NodeRecord> {
    return [...this.#records.values()]
  }
  /** Records with what stages say that they left out. */
  replace(records: ReadonlyArray<NodeRecord>): void {
    for (const record of records) this.#records.set(record.id, record)
  }

  /** Writes how far the run has come. */
  save(status: "running" | "ok"): void {
    this.#write(this.#record(status))
  }

  /** Writes how the run ended, and publishes it. `runs/latest` is the last that came to its end, be that a failure. */
  end(status: "ok" | "failed" | "interrupted", stopped?: Stopped): RunRecord {
    const finished =
      status === "ok" && this.#written?.status === "ok"
        ? this.#written
        : this.#record(status, undefined, stopped)
    if (finished !== this.#written)
      try {
        this.#write(finished)
      } catch (error) {
        // the log, which may have room for a line more, says what the record cannot
        if (isProblem(error)) this.emit({ type: "run-finished", run: unwritten(finished, error) })
        throw error
      }
    if (status !== "interrupted") this.#pointLatest()
    this.emit({ type: "run-finished", run: finished })
    return finished
  }

  #pointLatest(): void {
    const { files, layout, root } = this.#store
    try {
      files.symlink(this.#options.id, layout.latest)
    } catch (error) {
      throw storeProblem(error, root, "point runs/latest at the run")
    }
  }

  #write(record: RunRecord): RunRecord {
    this.#written = record
    this.#store.putRun(record)
    return record
  }

  #record(
    status: RunRecord["status"],
    nodes: ReadonlyArray<GraphNode> = this.#options.nodes,
    stopped?: Stopped
  ): RunRecord {
    const { id, pipeline, file, params, now, version, outputs, targets } = this.#options
    const isRunning = status === "running"
    return {
      format: 1,
      id,
      pipeline,
      file,
      params,
      status,
      started: this.#started,
      finished: isRunning ? null : now().toISOString(),
      ...(stopped === undefined ? {} : { stopped }),
      ...(this.#views.of === null ? {} : { views: this.#views.of }),
      version,
      pid: process.pid,
      process: this.#process,
      nodes: nodes.map(
        (node) =>
          this.#records.get(node.id) ?? skipped(node, notMade(isRunning, this.#begun.has(node.id))).record
      ),
      outputs,
      ...(targets === undefined ? {} : { targets })
    }
  }
}

/** How a run ended whose record cannot be written: by that, if by nothing else. */
const unwritten = (run: RunRecord, { message, hint }: Problem): RunRecord => ({
  ...run,
  status: run.status === "interrupted" ? "interrupted" : "failed",
  stopped: run.stopped ?? { reason: message, hint }
})

/** Why there is nothing of a node yet, or in the end. */
function notMade(isRunning: boolean, isBegun: boolean): string {
  if (isRunning) return isBegun ? "is being computed" : "not yet"
  return isBegun
    ? "the run ended while it was computed: what was finished is kept"
    : "the run ended before it"
}

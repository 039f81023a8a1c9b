/** The record of a running run: how each node ended, written to the store when it matters. */
import * as path from "node:path"
import type { GraphNode } from "../pipeline/graph.ts"
import { thisProcess } from "../store/files/process-identity.ts"
import { storeProblem } from "../store/files/store-error.ts"
import { isCompleteRun, type NodeRecord, type RunRecord, type Stopped } from "../store/records/run-record.ts"
import { labelRun } from "../store/runs/labels.ts"
import type { Store } from "../store/store.ts"
import { mostNameBytes, wrongSegment } from "../support/file-names.ts"
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
  /** of finished nodes, by id */
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

  /** Notes which nodes have started. */
  readonly emit: Emit = (event) => {
    if (event.type === "node-started") this.#begun.add(event.node)
    this.#options.emit(event)
  }

  /**
   * Writes an empty record, so that a concurrent gc sees the run; nodes follow when the fresh ones are known.
   */
  begin(): void {
    const begun = this.#write(this.#record("running", []))
    const { id, labels } = this.#options
    if (labels !== undefined && (labels.name !== null || labels.note !== null))
      labelRun(this.#store, id, labels)
    this.emit({ type: "run-started", run: begun, nodes: this.#options.nodes.map((node) => node.id) })
  }

  /** Replaces everything recorded before by the result of the first look. */
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
  /** Replaces records by those with what stages report leaving out. */
  replace(records: ReadonlyArray<NodeRecord>): void {
    for (const record of records) this.#records.set(record.id, record)
  }

  /** Writes the progress of the run. */
  save(status: "running" | "ok"): void {
    this.#write(this.#record(status))
  }

  /**
   * Writes how the run ended, and publishes it. `runs/latest` is the last run that finished, even if it
   * failed.
   */
  end(status: "ok" | "failed" | "interrupted", stopped?: Stopped): RunRecord {
    const finished =
      status === "ok" && this.#written?.status === "ok"
        ? this.#written
        : this.#record(status, undefined, stopped)
    if (finished !== this.#written)
      try {
        this.#write(finished)
      } catch (error) {
        // the log may have room for one more line, for what the record cannot say
        if (isProblem(error)) this.emit({ type: "run-finished", run: unwritten(finished, error) })
        throw error
      }
    if (status !== "interrupted") this.#pointLatest(finished)
    this.emit({ type: "run-finished", run: finished })
    return finished
  }

  /** `runs/latest` is the last finished run, `latest/<pipeline>` the last complete one of the pipeline. */
  #pointLatest(run: RunRecord): void {
    const { files, layout, root } = this.#store
    try {
      files.symlink(run.id, layout.latest)
    } catch (error) {
      throw storeProblem(error, root, "point runs/latest at the run")
    }
    if (!isCompleteRun(run) || wrongSegment(run.pipeline, mostNameBytes) !== null) return
    try {
      files.makeFolder(layout.complete)
      files.symlink(path.join("..", "runs", run.id), path.join(layout.complete, run.pipeline))
    } catch (error) {
      throw storeProblem(error, root, `point latest/${run.pipeline} at the run`)
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
    const { id, pipeline, file, params, now, version, outputs, targets, mixture } = this.#options
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
      ...(targets === undefined ? {} : { targets }),
      ...(mixture === undefined ? {} : { mixture })
    }
  }
}

/** The end of a run with a record that cannot be written: that is its reason, unless it already has one. */
const unwritten = (run: RunRecord, { message, hint }: Problem): RunRecord => ({
  ...run,
  status: run.status === "interrupted" ? "interrupted" : "failed",
  stopped: run.stopped ?? { reason: message, hint }
})

/** Why a node has no result yet, or at the end. */
function notMade(isRunning: boolean, isBegun: boolean): string {
  if (isRunning) return isBegun ? "is being computed" : "not yet"
  return isBegun ? "the run ended during this node: finished work is kept" : "the run ended before this node"
}

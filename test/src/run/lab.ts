/**
 * A laboratory for the laws: small worlds of nodes over numbers, run by the real planner, scheduler and store, and
 * computed beside them by a plain model that knows neither keys nor traces.
 */
import type { Fetching } from "../../../src/plan/world.ts"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { localExecutor } from "../../../src/executors/local.ts"
import { workerProcesses } from "../../../src/executors/worker-processes.ts"
import { inProcessExecutor } from "../../../src/executors/in-process.ts"
import {
  column,
  defineStage,
  each,
  failed,
  group,
  many,
  one,
  param,
  rows,
  table
} from "../../../src/index.ts"
import { buildGraph, type Graph } from "../../../src/pipeline/graph.ts"
import type { StageAddress } from "../../../src/pipeline/stage-address.ts"
import type { AnyRef, AnyStage } from "../../../src/pipeline/stage.ts"
import { Identities } from "../../../src/plan/identity.ts"
import { previousTraces } from "../../../src/plan/previous.ts"
import type { NodePlan } from "../../../src/plan/node-plan.ts"
import { planAll } from "../../../src/plan/plan.ts"
import type { Planning } from "../../../src/plan/planning.ts"
import type { Emit, RunEvent } from "../../../src/run/events.ts"
import { runGraph } from "../../../src/run/run.ts"
import type { RunOptions } from "../../../src/run/run-options.ts"
import type { Executor } from "../../../src/run/task.ts"
import { digestJson } from "../../../src/store/format/canonical-json.ts"
import { type FileSystem, nodeFileSystem } from "../../../src/store/files/file-system.ts"
import { layout } from "../../../src/store/files/layout.ts"
import type { RunRecord } from "../../../src/store/records/run-record.ts"
import { StatCache } from "../../../src/store/fresh/stat-cache.ts"
import { makeStore, type Store } from "../../../src/store/store.ts"
import { fits, fitted, taps } from "./member-stages.ts"

// workers find the laboratory's stages among the exports of this file
export { fits, fitted, taps }

// ---- the stages: two columns a and b, so that dependence by column can be told ----------------------------------
const pair = { a: column.float64(), b: column.float64() }

export const numbers = defineStage.source("numbers", {
  item: "number",
  params: { file: param.file() },
  output: one(pair),
  compute: async function* ({ file }, world) {
    const items = JSON.parse(new TextDecoder().decode(await world.read(file.path))) as Items
    for (const [id, [a, b]] of Object.entries(items)) yield { id, a, b }
  }
})
/** Reads `a` alone and coarsely, so that many changes end here. */
export const coarse = defineStage.itemwise("coarse", {
  inputs: { of: each({ a: column.float64() }) },
  params: { step: param.int() },
  output: one(pair),
  chunk: 3,
  compute: (items, { params }) =>
    items.map(({ of: { a } }) =>
      Number.isFinite(a) ? { a: Math.floor(a / params.step), b: params.step } : failed("not a number")
    )
})
export const sum = defineStage.itemwise("sum", {
  inputs: { x: each({ a: column.float64() }), y: each({ b: column.float64() }) },
  output: one(pair),
  chunk: 2,
  compute: (items) => items.map(({ x, y }) => ({ a: x.a + y.b, b: x.a }))
})
export const spread = defineStage.itemwise("spread", {
  inputs: { of: each({ b: column.float64() }) },
  output: rows({ value: column.float64() }),
  compute: (items) =>
    items.map(({ of: { b } }) => Array.from({ length: Math.abs(b) % 3 }, (_, i) => ({ value: b + i })))
})
export const gathered = defineStage.itemwise("gathered", {
  inputs: { of: group({ value: column.float64() }) },
  output: one(pair),
  compute: (items) =>
    items.map(({ of }) => ({ a: of.reduce((total, { value }) => total + value, 0), b: of.length }))
})
export const total = defineStage.whole("total", {
  inputs: { of: many({ a: column.float64() }) },
  output: table({ node: column.int32(), total: column.float64() }),
  compute: async ({ of }) =>
    Promise.all(
      of.map(async (one, node) => ({ node, total: (await one.read("a")).a.reduce((t, a) => t + a, 0) }))
    )
})

export type Items = Readonly<Record<string, readonly [number, number]>>

// ---- running ---------------------------------------------------------------------------------------------------
export interface LabOptions {
  readonly jobs?: number
  /** interrupts the run, as Ctrl-C does */
  readonly signal?: AbortSignal
  readonly keepGoing?: boolean
  readonly lockWait?: boolean
  readonly retryFailed?: boolean
  readonly force?: ReadonlyArray<string>
  /** runs every stage that has an address in worker processes, whether it asks for it or not */
  readonly apart?: { readonly entry: URL; readonly addressOf: (stage: AnyStage) => StageAddress | null }
  /** runs stages that ask for it in worker processes, found by their address */
  readonly workers?: { readonly entry: URL; readonly addressOf: (stage: AnyStage) => StageAddress | null }
  /** hears what workers write */
  readonly onOutput?: (node: string | null, line: string) => void
  /** of the run; otherwise the lab's next */
  readonly id?: string
  /** hears of events as they come, also of a run that is rejected */
  readonly emit?: Emit
  /** decorates the file system: to count, to fail */
  readonly files?: (files: FileSystem) => FileSystem
  readonly fetching?: Fetching
  /** stands between the lab and its store */
  readonly store?: (store: Store) => Store
  /** stands between the run and its executor */
  readonly executor?: (executor: Executor) => Executor
}
export class Lab {
  readonly folder: string
  /** in a folder of its own, or in one that another process has worked in */
  constructor(folder = mkdtempSync(join(tmpdir(), "probeline-lab-"))) {
    this.folder = folder
  }
  /** stands for a stage's code */
  readonly versions = new Map<string, number>()
  #run = 0
  #now = 1_800_000_000_000

  /** No two runs in a folder have the same, those that another process runs there included. */
  nextId(): string {
    return `run-${String(this.#run++).padStart(6, "0")}`
  }
  writeItems(items: Items, name = "items.json"): string {
    const path = join(this.folder, name)
    writeFileSync(path, JSON.stringify(items))
    return path
  }
  graph(outputs: Readonly<Record<string, AnyRef>>): Graph {
    const { graph, issues } = buildGraph("lab", outputs, (path) => path)
    if (issues.length > 0) throw new Error(issues.map(({ message }) => message).join("\n"))
    return graph
  }
  planning(options: LabOptions = {}): Planning {
    const files = (options.files ?? ((same) => same))(nodeFileSystem())
    const root = join(this.folder, "store")
    const store = (options.store ?? ((same) => same))(makeStore(root, files))
    // files of a test are younger than the guard of the stat cache allows: they are hashed each time
    const digests = new StatCache(files, layout(root).statCache, () => this.#now)
    const outside = { files, digests, base: this.folder }
    return {
      store,
      outside,
      identities: new Identities(outside, layout(root).identities),
      codeOf: (stage: AnyStage) => ({
        digest: digestJson([stage.name, this.versions.get(stage.name) ?? 0]),
        modules: { [`${stage.name}.ts`]: String(this.versions.get(stage.name) ?? 0) },
        packages: {}
      }),
      previous: previousTraces(store, { pipeline: "lab", file: join(this.folder, "lab.ts") }),
      force: new Set(options.force ?? []),
      retryFailed: options.retryFailed ?? false,
      ...(options.fetching === undefined ? {} : { fetching: options.fetching })
    }
  }
  async plan(graph: Graph, options: LabOptions = {}): Promise<ReadonlyArray<NodePlan>> {
    return planAll(graph.nodes, this.planning(options))
  }
  /** A run in which nothing is executed, in one go; null where something would be. */
  runAtOnce(graph: Graph, options: LabOptions = {}): RunRecord | null {
    const planning = this.planning(options)
    const executor: Executor = {
      name: "none",
      tasks: 1,
      threads: 1,
      chunkMs: 2000,
      execute: () => Effect.die("would be executed")
    }
    const exit = Effect.runSyncExit(runGraph(this.#options(graph, planning, executor, options, () => {})))
    return Exit.isSuccess(exit) ? exit.value : null
  }
  async run(
    graph: Graph,
    options: LabOptions = {}
  ): Promise<{ readonly run: RunRecord; readonly events: Array<RunEvent> }> {
    const planning = this.planning(options)
    const events: Array<RunEvent> = []
    const program = Effect.gen({ self: this }, function* () {
      const { workers, apart, jobs = 1 } = options
      const executor =
        apart !== undefined
          ? yield* workerProcesses(
              { entry: apart.entry, store: planning.store.root, onOutput: () => {} },
              jobs
            )
          : workers === undefined
            ? yield* inProcessExecutor(planning, jobs)
            : yield* localExecutor(planning, jobs, {
                entry: workers.entry,
                onOutput: options.onOutput ?? (() => {})
              })
      const emit = (event: RunEvent) => {
        events.push(event)
        options.emit?.(event)
      }
      const through = options.executor ?? ((same: Executor) => same)
      return yield* runGraph(this.#options(graph, planning, through(executor), options, emit))
    })
    const runOptions = options.signal === undefined ? {} : { signal: options.signal }
    return { run: await Effect.runPromise(Effect.scoped(program), runOptions), events }
  }
  #options(
    { nodes }: Graph,
    planning: Planning,
    executor: Executor,
    { id, workers, apart, keepGoing, lockWait }: LabOptions,
    emit: (event: RunEvent) => void
  ): RunOptions {
    return {
      pipeline: "lab",
      file: join(this.folder, "lab.ts"),
      params: {},
      nodes,
      outputs: {},
      planning,
      executor,
      addressOf: (apart ?? workers)?.addressOf ?? (() => null),
      keepGoing: keepGoing ?? false,
      lockWait: lockWait ?? true,
      emit,
      id: id ?? this.nextId(),
      now: () => new Date((this.#now += 1000)),
      version: "test",
      host: { cpu: "test", host: "test", node: "test" }
    }
  }
  close(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
export const executedIn = (run: RunRecord): ReadonlyArray<string> =>
  run.nodes.filter(({ status }) => status === "executed").map(({ id }) => id)
export const artifactsOf = (run: RunRecord) =>
  Object.fromEntries(run.nodes.map(({ id, artifact }) => [id, artifact]))

/**
 * A small world with every kind of stage and file, for tests that break it at every write. Few nodes run at once, and so
 * the clock ticks alike in each run, and cuts the same chunks.
 */
export function crashGraph(
  lab: Lab,
  items: Items = { i0: [7, 1], i1: [3, 2], i2: [9, 0], i3: [4, 5], i4: [8, 2] }
): Graph {
  const source = numbers("source", { file: { path: lab.writeItems(items) } })
  const halves = coarse("halves", { of: source, step: 2 })
  const parts = gathered("parts", { of: spread("spread", { of: source }) })
  const sums = sum("sum", { x: halves, y: parts })
  const members = ["x", "y"].map((name, i) => ({ name, times: i + 2 }))
  const rows = taps("taps", { of: sums, members })
  const fit = fits("fits", { names: rows })
  return lab.graph({ total: total("total", { of: [halves, sums, fitted("fitted", { rows, fit })] }) })
}

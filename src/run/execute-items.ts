/**
 * Executes a chunk of an itemwise stage. A throw fails the chunk, which is then halved until the items that do it
 * are found; they are failures, and the others go on.
 */
import * as Effect from "effect/Effect"
import { Problem } from "../pipeline/problem.ts"
import { machineFault } from "../pipeline/system-error.ts"
import { isFileChanged, isRefused } from "../store/outside-file.ts"
import { artifactTable } from "../store/read-artifact.ts"
import { writeShard } from "../store/write-shard.ts"
import { broken, rowChecker, type Rows } from "./check-rows.ts"
import type { Tools } from "./execute-task.ts"
import { joinedRows } from "./join.ts"
import { messageOf, stageContext, stageProblem } from "./stage-context.ts"
import type { FailedNow, MadeShard, Task, TaskReport, TaskResult } from "./task.ts"

type Item = { readonly id: string } & Readonly<Record<string, unknown>>

export const executeItems = (
  task: Task,
  report: TaskReport,
  { store, resources }: Tools
): Effect.Effect<TaskResult, Problem> =>
  Effect.gen(function* () {
    const items = yield* joinedRows(store, task.ports, task.items!)
    const broadcast: Record<string, unknown> = {}
    for (const [name, { take, from }] of Object.entries(task.ports)) {
      if (take !== "whole" && take !== "many") continue
      const tables = from.map(({ node, manifest }) => artifactTable(store, node, manifest))
      broadcast[name] = take === "many" ? tables : tables[0]
    }
    const computed = yield* Effect.tryPromise({
      try: (signal) => computeItems(task, report, items, broadcast, signal, resources),
      catch: stageProblem(task)
    })
    const shards: Array<MadeShard> = []
    if (computed.done.length > 0) {
      const { shard, ids } = yield* writeShard(store, task, computed.done)
      shards.push({ shard, ids, table: null })
    }
    return { shards, failed: computed.failed, reads: [], partial: [] }
  })

async function computeItems(
  task: Task,
  report: TaskReport,
  items: ReadonlyArray<Item>,
  broadcast: Record<string, unknown>,
  signal: AbortSignal,
  resources: Tools["resources"]
) {
  const { open, compute, chunk } = task.stage.spec
  let before = 0
  const context = stageContext(
    task,
    { ...report, progress: (some) => report.progress(before + some, items.length) },
    signal
  )
  const resource =
    open === undefined ? undefined : await resources.of(task, async () => open(task.params, context))
  const check = rowChecker(task.columns, task.stage.name, task.node)
  const done: Array<Rows> = []
  const failed: Array<FailedNow> = []

  const attempt = async (some: ReadonlyArray<Item>): Promise<void> => {
    signal.throwIfAborted()
    let results: ReadonlyArray<unknown>
    try {
      results = await compute(some, { params: task.params, resource, ...broadcast }, context)
    } catch (error) {
      if (signal.aborted || error instanceof Problem) throw error
      if (some.length === 1) {
        failed.push(failure(some[0]!, messageOf(error), error))
        return
      }
      const half = some.length >> 1
      await attempt(some.slice(0, half))
      await attempt(some.slice(half))
      return
    }
    if (!Array.isArray(results) || results.length !== some.length)
      throw broken(
        task.stage.name,
        task.node,
        "",
        null,
        `compute gave ${Array.isArray(results) ? `${results.length} results` : "no list"} for ${some.length} items`,
        "give as many results as items, in their order; failed(reason) stands for one that failed"
      )
    results.forEach((result, i) => {
      const item = some[i]!
      if (isFailed(result)) failed.push(failure(item, result.failed))
      else done.push(checked(task, item.id, result, check))
    })
  }
  // a task may have more items than the stage wants in a call
  for (; before < items.length; before += chunk ?? items.length)
    await attempt(chunk === undefined ? items : items.slice(before, before + chunk))
  return { done, failed }
}

/**
 * A failure that a file of the item's own caused is the outside's, and one that tells of the machine is the machine's,
 * whatever the stage says of it.
 */
function failure(item: Item, error: string, cause?: unknown): FailedNow {
  if (isFileChanged(cause) || Object.values(item).some(hasRefused))
    return { item: item.id, error, outside: true }
  const fault = machineFault(cause) ?? machineFault(error)
  return fault === null
    ? { item: item.id, error }
    : {
        item: item.id,
        error: `${error} (${fault.what}: ${fault.hint}; it is not kept, and the next run tries it again)`,
        outside: true
      }
}
/** Of a row, or of a group's rows. */
const hasRefused = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.some(hasRefused)
    : typeof value === "object" && value !== null && Object.values(value).some(isRefused)

const isFailed = (result: unknown): result is { failed: string } =>
  typeof result === "object" &&
  result !== null &&
  !Array.isArray(result) &&
  typeof (result as { failed?: unknown }).failed === "string"

function checked(task: Task, item: string, result: unknown, check: (rows: Rows) => void): Rows {
  const isList = Array.isArray(result)
  if (isList !== (task.form === "rows per item"))
    throw broken(
      task.stage.name,
      task.node,
      item,
      null,
      `expected ${task.form === "rows per item" ? "a list of rows" : "one row"}`
    )
  const rows = { item, rows: isList ? result : [result] } as Rows
  check(rows)
  return rows
}

/**
 * Executes a chunk of an itemwise stage. If it throws, the chunk fails and is halved until the guilty items
 * are found; they count as failed, and the others go on.
 */
import { basename } from "node:path"
import { isFileColumn } from "../pipeline/columns.ts"
import { Problem } from "../support/problem.ts"
import { stageErrorFields } from "../support/stage-error.ts"
import { thrownAt, thrownText } from "../support/stage-failure.ts"
import { machineFault } from "../support/system-error.ts"
import { isFileChanged, limitOf, pathOf, refusalOf } from "../store/files/outside-file.ts"
import { writeShard } from "../store/items/write-shard.ts"
import { broken, rowChecker, type Rows } from "./check-rows.ts"
import { givenTables } from "./given-tables.ts"
import { type JoinedItem as Item, joinedRows } from "./join.ts"
import { taskWindows } from "./task-windows.ts"
import { withMembers } from "./members.ts"
import { runStage, stageContext } from "./stage-context.ts"
import type { FailedNow, MadeShard, Task, TaskReport, TaskResult } from "./task.ts"
import type { Tools } from "./resources.ts"
import type { ItemId } from "../store/records/manifest.ts"

export async function executeItems(
  task: Task,
  report: TaskReport,
  { store, resources }: Tools,
  signal: AbortSignal
): Promise<TaskResult> {
  const broadcast = givenTables(store, task, (error) => resources.refuse(task.node, error))
  const started = performance.now()
  const isLate = () => performance.now() - started >= task.chunkMs
  const done: Array<Rows> = []
  const failed: Array<FailedNow> = []
  let left: ReadonlyArray<ItemId> = []
  const total = task.items!.length
  for (const { from, part } of taskWindows(task)) {
    // a task may have more items than may be in memory
    if (from > 0 && isLate()) {
      left = task.items!.slice(from)
      break
    }
    const joined = withMembers(store, part, await joinedRows(store, part), resources.members)
    failed.push(...joined.failed)
    if (joined.items.length === 0) continue
    const within = { ...report, progress: (some: number) => report.progress(from + some, total) }
    const computed = await runStage(task, async () => {
      const computed = await computeItems(part, within, joined.items, broadcast, signal, resources, isLate)
      // a file of a whole port belongs to every item
      const refusal = resources.refusalOf(task.node)
      if (refusal !== undefined) throw refusal
      return computed
    })
    for (const rows of computed.done) done.push(rows)
    failed.push(...computed.failed)
    if (computed.left.length > 0) {
      left = [...computed.left, ...task.items!.slice(from + part.items!.length)]
      break
    }
  }
  const shards: Array<MadeShard> = []
  if (done.length > 0) {
    const { shard, ids } = await writeShard(store, task, done)
    shards.push({ shard, ids, table: null })
  }
  return { shards, failed, ...(left.length === 0 ? {} : { left }), reads: [], partial: [] }
}

async function computeItems(
  task: Task,
  report: TaskReport,
  items: ReadonlyArray<Item>,
  broadcast: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
  resources: Tools["resources"],
  isLate: () => boolean
) {
  const { open, compute, chunk } = task.stage.spec
  let before = 0
  const context = stageContext(
    task,
    { ...report, progress: (some) => report.progress(before + some, items.length) },
    signal
  )
  const resource =
    open === undefined
      ? undefined
      : await resources.of(task, async () => open(task.params, context, broadcast))
  const filesOfItem = filesOf(task)
  const check = rowChecker(task)
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
        const one = failure(some[0]!, filesOfItem(some[0]!), withHint(error, task), error)
        failed.push({ ...one, thrown: thrownAt(error) })
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
        "return one result per item, in order; failed(reason) marks a failed item"
      )
    results.forEach((result, i) => {
      const item = some[i]!
      const files = filesOfItem(item)
      const refusal = files.map(refusalOf).find((error) => error !== null)
      if (isFailed(result)) failed.push(failure(item, files, result.failed))
      // the stage made a row without the file, and no key records that the file could not be read
      else if (refusal !== undefined) failed.push(failure(item, files, refusal!.message))
      else done.push(checked(task, item.id, result, check))
    })
  }
  // a task may have more items than the stage takes per call
  for (; before < items.length; before += chunk ?? items.length) {
    if (before > 0) {
      // signals are heard between two calls
      await new Promise((resolve) => setImmediate(resolve))
      if (isLate()) break
    }
    await attempt(chunk === undefined ? items : items.slice(before, before + chunk))
  }
  return { done, failed, left: items.slice(before).map(({ id }) => id) }
}

/** An item's failure has one text. */
function withHint(error: unknown, { base, inputs }: Task): string {
  const { hint } = stageErrorFields(error)
  return `${thrownText(error, base, inputs)}${hint === null ? "" : `\nhint: ${hint}`}`
}

/**
 * A failure that the item's own file or the machine caused is external, even if the stage caught the error. Stages do
 * not see file names, so the name of the item's file is added to the message here.
 */
function failure(item: Item, files: ReadonlyArray<unknown>, message: string, cause?: unknown): FailedNow {
  // a limit of the process may fail any item: it stops the node, even if the stage caught the error
  for (const file of files) {
    const limit = limitOf(file)
    if (limit !== null) throw limit
  }
  const name = files.length === 1 ? basename(pathOf(files[0])!) : null
  const error =
    name === null || message.includes(name) || item.id.includes(name) ? message : `${name}: ${message}`
  if (isFileChanged(cause) || files.some((file) => refusalOf(file) !== null))
    return { item: item.id, error, outside: true }
  const fault = machineFault(cause) ?? machineFault(message)
  return fault === null
    ? { item: item.id, error }
    : {
        item: item.id,
        error: `${error} (${fault.what}: ${fault.hint}; this failure is not cached, so the next run tries again)`,
        outside: true
      }
}
/** Finds the files of an item, in the columns that its ports read. */
function filesOf({ ports }: Task): (item: Item) => ReadonlyArray<unknown> {
  const columns = Object.entries(ports).flatMap(([port, { mode, reads }]) =>
    mode === "each" || mode === "group"
      ? Object.entries(reads).flatMap(([name, column]) =>
          isFileColumn(column) ? [[port, name] as const] : []
        )
      : []
  )
  return (item) =>
    columns.flatMap(([port, name]) =>
      [item[port]]
        .flat()
        .map((row) => (row as Readonly<Record<string, unknown>>)[name])
        .filter((file) => file !== null)
    )
}

/** The form of a failure returned by a stage: `failed(reason)`. */
export const isFailed = (result: unknown): result is { failed: string } =>
  typeof result === "object" &&
  result !== null &&
  !Array.isArray(result) &&
  typeof (result as { failed?: unknown }).failed === "string"

function checked(task: Task, item: ItemId, result: unknown, check: (rows: Rows) => void): Rows {
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

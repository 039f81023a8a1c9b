/** Writes what a source or a whole stage gives, as it arrives: the rows of a table, or items. */
import type { AnyColumn } from "../pipeline/columns.ts"
import { cellCheck, shownValue } from "../store/format/cell.ts"
import { readSidecar } from "../store/items/sidecar.ts"
import { knownShards, writeShard } from "../store/items/write-shard.ts"
import { writeTable } from "../store/items/write-table.ts"
import type { ItemId } from "../store/records/manifest.ts"
import type { Store } from "../store/store.ts"
import { broken, rowChecker, type Rows, tableRowChecker } from "./check-rows.ts"
import { isFailed } from "./execute-items.ts"
import { SeenIds } from "./seen-ids.ts"
import { type FailedNow, hexDigests, type MadeShard, type Task, type TaskResult } from "./task.ts"
import { withYields, Yielding } from "./yielding.ts"

type WrittenOutput = Pick<TaskResult, "shards" | "failed">
interface Writing {
  /** failed items have an external cause, so the next run tries again */
  readonly areFailuresOutside: boolean
  readonly signal: AbortSignal
}

/**
 * There may be more rows than fit into memory. On return they are in the store, but nothing names them yet.
 *
 * @throws Problem OutputInvalid if a row breaks the schema, or if an item has no id, or that of an earlier one
 */
export async function writeOutput(
  store: Store,
  task: Task,
  given: AsyncIterable<unknown> | Iterable<unknown>,
  writing: Writing
): Promise<WrittenOutput> {
  if (task.form !== "table") return writeItems(store, task, given, writing)
  const check = tableRowChecker(task, writing.signal)
  const { shard, digests } = await writeTable(store, task, withYields(given), check)
  return { shards: [{ shard, ids: [], table: hexDigests(digests) }], failed: [] }
}

/**
 * Items written together: few at first, so that additions are cheap; more if there are very many, because
 * each shard costs files.
 */
const shardItems = (shards: number) => (shards < 16 ? 256 : 1024)

async function writeItems(
  store: Store,
  task: Task,
  given: AsyncIterable<unknown> | Iterable<unknown>,
  { areFailuresOutside, signal }: Writing
): Promise<WrittenOutput> {
  const shards: Array<MadeShard> = []
  const failed: Array<FailedNow> = []
  const known = knownShards(task.previous)
  const check = rowChecker(task)
  let some: Array<Rows> = []
  const seen = new SeenIds(
    (id) => [...some, ...failed].some(({ item }) => item === id) || isIn(store, shards, id)
  )
  const write = async () => {
    const { shard } = await writeShard(store, task, some, known)
    shards.push({ shard, ids: [], table: null })
    some = []
  }
  const yielding = new Yielding()
  for await (const one of given) {
    if (yielding.isDue) await yielding.take()
    signal.throwIfAborted()
    const { id, ...row } = recordOf(task, one)
    const item = checkedId(task, id, seen)
    if (isFailed(row)) {
      failed.push({ item, error: row.failed, ...(areFailuresOutside ? { outside: true } : {}) })
      continue
    }
    const rows: Rows = { item, rows: task.form === "row per item" ? [row] : rowsOf(task, item, row) }
    check(rows)
    some.push(rows)
    if (some.length === shardItems(shards.length)) await write()
  }
  if (some.length > 0) await write()
  return { shards, failed }
}

function recordOf(task: Task, one: unknown): Readonly<Record<string, unknown>> {
  if (typeof one === "object" && one !== null && !Array.isArray(one))
    return one as Readonly<Record<string, unknown>>
  throw broken(task.stage.name, task.node, "", null, `expected an item with its id, got ${shownValue(one)}`)
}

function rowsOf(task: Task, item: ItemId, { rows }: Readonly<Record<string, unknown>>): Rows["rows"] {
  if (Array.isArray(rows)) return rows as Rows["rows"]
  throw broken(
    task.stage.name,
    task.node,
    item,
    "rows",
    "a stage that makes items of several rows gives { id, rows } for each"
  )
}

/** Whether a written shard contains an item. Reads sidecars, which is fine for a rare case. */
const isIn = (store: Store, shards: ReadonlyArray<MadeShard>, id: string): boolean => {
  const wanted = Buffer.from(id)
  return shards.some(({ shard }) => readSidecar(store, shard).items.indexOf(wanted) >= 0)
}

const wrongText = cellCheck({ type: "utf8" } as AnyColumn)
function checkedId(task: Task, id: unknown, seen: SeenIds): ItemId {
  if (typeof id !== "string" || id === "")
    throw broken(task.stage.name, task.node, "", "id", "every item needs a text id")
  const wrong = wrongText(id)
  if (wrong !== null) throw broken(task.stage.name, task.node, "", "id", `an id: ${wrong}`)
  if (!seen.add(id))
    throw broken(
      task.stage.name,
      task.node,
      id,
      "id",
      `two items have the id "${id}"`,
      "give each item an id of its own"
    )
  return id
}

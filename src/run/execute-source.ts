/**
 * Executes a source: takes rows from it, with a world that records its reads and checks at the end that they
 * are unchanged.
 */
import type { AnyColumn } from "../pipeline/columns.ts"
import { type Loss, LossTally } from "../pipeline/losses.ts"
import { readSteadily, recordingWorld } from "../plan/world.ts"
import { cellCheck } from "../store/format/cell.ts"
import type { Store } from "../store/store.ts"
import { knownShards, writeShard } from "../store/items/write-shard.ts"
import { writeTable } from "../store/items/write-table.ts"
import { broken, rowChecker, type Rows, tableRowChecker } from "./check-rows.ts"
import { isFailed } from "./execute-items.ts"
import { runStage, stageContext } from "./stage-context.ts"
import { Yielding, withYields } from "./yielding.ts"
import { SeenIds } from "./seen-ids.ts"
import type { ItemId } from "../store/records/manifest.ts"
import {
  type FailedNow,
  hexDigests,
  type MadeShard,
  type Task,
  type TaskReport,
  type TaskResult
} from "./task.ts"
import type { Tools } from "./resources.ts"
import { readSidecar } from "../store/items/sidecar.ts"

/**
 * Items written together: few at first, so that additions are cheap; more if there are very many, because
 * each shard costs files.
 */
const shardItems = (shards: number) => (shards < 16 ? 256 : 1024)

export async function executeSource(
  task: Task,
  report: TaskReport,
  { store, digests }: Tools,
  signal: AbortSignal
): Promise<TaskResult> {
  const world = recordingWorld({ files: store.files, digests, base: task.base })
  const partial: Array<string> = []
  const tally = new LossTally()
  const context = {
    ...stageContext(task, report, signal),
    partial: (why: string) => void partial.push(why),
    lost: (loss: Loss) => tally.add(loss)
  }
  const { shards, failed } = await runStage(task, () =>
    // before anything is committed: nothing names the shards written so far
    readSteadily(world, async () => {
      const rows = task.stage.spec.compute(task.params, world, context) as AsyncIterable<SourceRow>
      return task.form === "table"
        ? await readTable(store, task, rows, signal)
        : await readItems(store, task, rows, signal)
    })
  )
  const losses = tally.lost()
  return {
    shards,
    failed,
    reads: world.reads(),
    partial,
    ...(losses.length === 0 ? {} : { losses })
  }
}

type SourceRow = Record<string, unknown>
type Read = Pick<TaskResult, "shards" | "failed">

async function readTable(
  store: Store,
  task: Task,
  given: AsyncIterable<SourceRow>,
  signal: AbortSignal
): Promise<Read> {
  const check = tableRowChecker(task, signal)
  const { shard, digests } = await writeTable(store, task, withYields(given), check)
  return { shards: [{ shard, ids: [], table: hexDigests(digests) }], failed: [] }
}

async function readItems(
  store: Store,
  task: Task,
  given: AsyncIterable<SourceRow>,
  signal: AbortSignal
): Promise<Read> {
  const shards: Array<MadeShard> = []
  const failed: Array<FailedNow> = []
  const known = knownShards(task.previous)
  const check = rowChecker(task.columns, task.stage.name, task.node)
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
    const { id, ...row } = one
    const item = checkedId(task, id, seen)
    if (isFailed(row)) {
      // external, like every failure of a source: it may be fixed without a change of the key
      failed.push({ item, error: row.failed, outside: true })
      continue
    }
    const rows: Rows = { item, rows: task.form === "row per item" ? [row] : rowsOf(task, one) }
    check(rows)
    some.push(rows)
    if (some.length === shardItems(shards.length)) await write()
  }
  if (some.length > 0) await write()
  return { shards, failed }
}

function rowsOf(task: Task, { id, rows }: Record<string, unknown>): Rows["rows"] {
  if (Array.isArray(rows)) return rows as Rows["rows"]
  throw broken(
    task.stage.name,
    task.node,
    id as string,
    "rows",
    "a source of rows gives { id, rows } for each item"
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
    throw broken(task.stage.name, task.node, "", "id", "every row of a source needs a text id")
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

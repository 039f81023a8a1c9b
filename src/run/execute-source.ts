/** Executes a source: rows out of a world that records what is read, and is as it was when the source has ended. */
import * as Effect from "effect/Effect"
import type { AnyColumn } from "../pipeline/columns.ts"
import { type Loss, LossTally } from "../pipeline/losses.ts"
import type { Problem } from "../support/problem.ts"
import { readSteadily, recordingWorld } from "../plan/world.ts"
import { cellCheck } from "../store/format/cell.ts"
import type { StoreCalls } from "../store/store.ts"
import { knownShards, writeShard } from "../store/items/write-shard.ts"
import { writeTable } from "../store/items/write-table.ts"
import { broken, rowChecker, type Rows, tableRowChecker } from "./check-rows.ts"
import { isFailed } from "./execute-items.ts"
import { runStage, stageContext } from "./stage-context.ts"
import { Yielding, withYields } from "./yielding.ts"
import { SeenIds } from "./seen-ids.ts"
import type { FailedNow, MadeShard, Task, TaskReport, TaskResult } from "./task.ts"
import type { Tools } from "./resources.ts"
import { readSidecar } from "../store/items/sidecar.ts"

/** Items that are written together: few at first, for what is added; more where there are very many, since files cost. */
const shardItems = (shards: number) => (shards < 16 ? 256 : 1024)

export const executeSource = (
  task: Task,
  report: TaskReport,
  { store, digests }: Tools
): Effect.Effect<TaskResult, Problem> =>
  Effect.gen(function* () {
    const world = recordingWorld({ files: store.files, digests, base: task.base })
    const partial: Array<string> = []
    const tally = new LossTally()
    const shards: Array<MadeShard> = []
    const failed: Array<FailedNow> = []
    const known = knownShards(task.previous)
    const services = yield* Effect.context<never>()
    const write = (some: ReadonlyArray<Rows>) =>
      Effect.runPromiseWith(services)(writeShard(store, task, some, known)).then(
        ({ shard }) => void shards.push({ shard, ids: [], table: null })
      )
    const read = async (signal: AbortSignal) => {
      const context = {
        ...stageContext(task, report, signal),
        partial: (why: string) => void partial.push(why),
        lost: (loss: Loss) => tally.add(loss)
      }
      const given = task.stage.spec.compute(task.params, world, context) as AsyncIterable<
        Record<string, unknown>
      >
      if (task.form === "table") {
        const check = tableRowChecker(task, signal)
        const { shard, digests } = await writeTable(store, task, withYields(given), check)
        shards.push({ shard, ids: [], table: digests })
        return
      }
      let some: Array<Rows> = []
      const check = rowChecker(task.columns, task.stage.name, task.node)
      const seen = new SeenIds(
        (id) => [...some, ...failed].some(({ item }) => item === id) || isIn(store, shards, id)
      )
      const turns = new Yielding()
      for await (const one of given) {
        if (turns.isDue) await turns.take()
        signal.throwIfAborted()
        const { id, ...row } = one
        checkId(task, id, seen)
        if (isFailed(row)) {
          // external, like every failure of a source: it may be fixed without a change of the key
          failed.push({ item: id as string, error: row.failed, outside: true })
          continue
        }
        const rows: Rows = {
          item: id as string,
          rows: task.form === "row per item" ? [row] : rowsOf(task, one)
        }
        check(rows)
        some.push(rows)
        if (some.length === shardItems(shards.length)) {
          await write(some)
          some = []
        }
      }
      if (some.length > 0) await write(some)
    }
    // before anything is committed: what is in the shards so far is named by nothing
    yield* runStage(task, (signal) => readSteadily(world, () => read(signal)))
    const losses = tally.lost()
    const told = losses.length === 0 ? {} : { losses }
    return { shards, failed, reads: world.reads(), partial, ...told }
  })

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

/** Whether an item is in a shard that was written. Sidecars are read for it, which is for the rare case. */
const isIn = (store: StoreCalls, shards: ReadonlyArray<MadeShard>, id: string): boolean => {
  const wanted = Buffer.from(id)
  return shards.some(({ shard }) => Effect.runSync(readSidecar(store, shard)).items.indexOf(wanted) >= 0)
}

const wrongText = cellCheck({ type: "utf8" } as AnyColumn)
function checkId(task: Task, id: unknown, seen: SeenIds): void {
  if (typeof id !== "string" || id === "")
    throw broken(task.stage.name, task.node, "", "id", "every row of a source needs an id that is text")
  const wrong = wrongText(id)
  if (wrong !== null) throw broken(task.stage.name, task.node, "", "id", `an id: ${wrong}`)
  if (!seen.add(id))
    throw broken(
      task.stage.name,
      task.node,
      id,
      "id",
      `two items have the id "${id}"`,
      "ids name items: give each its own"
    )
}

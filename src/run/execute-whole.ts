/** Executes a whole stage: whole artifacts in, a table out. */
import * as Effect from "effect/Effect"
import type { Problem } from "../support/problem.ts"
import type { FileChanged } from "../store/files/outside-file.ts"
import { writeTable } from "../store/items/write-table.ts"
import { broken, tableRowChecker } from "./check-rows.ts"
import { givenTables } from "./given-tables.ts"
import { runStage, stageContext } from "./stage-context.ts"
import { withYields } from "./yielding.ts"
import type { Task, TaskReport, TaskResult } from "./task.ts"
import type { Tools } from "./resources.ts"

export const executeWhole = (
  task: Task,
  report: TaskReport,
  { store }: Tools
): Effect.Effect<TaskResult, Problem> =>
  Effect.gen(function* () {
    let refusal: FileChanged | null = null
    const inputs = givenTables(store, task, (error) => (refusal ??= error))
    const written = yield* runStage(task, async (signal) => {
      const context = stageContext(task, report, signal)
      const given = (await task.stage.spec.compute(inputs, task.params, context)) as
        | AsyncIterable<Record<string, unknown>>
        | Iterable<Record<string, unknown>>
      if (
        typeof given !== "object" ||
        given === null ||
        !(Symbol.asyncIterator in given || Symbol.iterator in given)
      )
        throw broken(
          task.stage.name,
          task.node,
          "",
          null,
          "expected a list of rows, or an async generator of rows"
        )
      // written as they come: a table may have more rows than memory
      const written = await writeTable(store, task, withYields(given), tableRowChecker(task, signal))
      // rows that were made without a file which could not be read are not those of the key
      if (refusal !== null) throw refusal
      return written
    })
    return {
      shards: [{ shard: written.shard, ids: [], table: written.digests }],
      failed: [],
      reads: [],
      partial: []
    }
  })

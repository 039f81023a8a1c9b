/** Executes a whole stage: whole artifacts in, a table out. */
import * as Effect from "effect/Effect"
import type { Problem } from "../pipeline/problem.ts"
import { artifactTable } from "../store/read-artifact.ts"
import { writeTable } from "../store/write-table.ts"
import { broken, tableRowChecker } from "./check-rows.ts"
import type { Tools } from "./execute-task.ts"
import { stageContext, stageProblem } from "./stage-context.ts"
import { withTurns } from "./turns.ts"
import type { Task, TaskReport, TaskResult } from "./task.ts"

export const executeWhole = (
  task: Task,
  report: TaskReport,
  { store }: Tools
): Effect.Effect<TaskResult, Problem> =>
  Effect.gen(function* () {
    const inputs: Record<string, unknown> = {}
    for (const [name, { take, from }] of Object.entries(task.ports)) {
      const tables = from.map(({ node, manifest }) => artifactTable(store, node, manifest))
      inputs[name] = take === "many" ? tables : tables[0]
    }
    const written = yield* Effect.tryPromise({
      try: async (signal) => {
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
        return writeTable(store, task, withTurns(given), tableRowChecker(task, signal))
      },
      catch: stageProblem(task)
    })
    return {
      shards: [{ shard: written.shard, ids: [], table: written.digests }],
      failed: [],
      reads: [],
      partial: []
    }
  })

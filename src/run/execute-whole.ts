/** Executes a whole stage: whole artifacts in, a table out. */
import * as Effect from "effect/Effect"
import type { Problem } from "../pipeline/problem.ts"
import { artifactTable } from "../store/read-artifact.ts"
import { writeShard } from "../store/write-shard.ts"
import { broken, checkRows } from "./check-rows.ts"
import type { Tools } from "./execute-task.ts"
import { stageContext, stageProblem } from "./stage-context.ts"
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
    const rows = yield* Effect.tryPromise({
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
        const all: Array<Record<string, unknown>> = []
        for await (const row of given) {
          signal.throwIfAborted()
          all.push(row)
        }
        checkRows(task.columns, { item: "", rows: all }, task.stage.name, task.node)
        return all
      },
      catch: stageProblem(task)
    })
    // a table is one shard whatever its size, so that its digest is of its rows alone
    return {
      shards: [yield* writeShard(store, task, [{ item: "", rows }])],
      failed: [],
      reads: [],
      partial: []
    }
  })

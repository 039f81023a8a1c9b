/** Executes a whole stage: whole artifacts in, a table or items out. */
import type { FileChanged } from "../store/files/outside-file.ts"
import { broken } from "./check-rows.ts"
import { givenTables } from "./given-tables.ts"
import { runStage, stageContext } from "./stage-context.ts"
import type { Task, TaskReport, TaskResult } from "./task.ts"
import type { Tools } from "./resources.ts"
import { writeOutput } from "./write-output.ts"

export async function executeWhole(
  task: Task,
  report: TaskReport,
  { store }: Tools,
  signal: AbortSignal
): Promise<TaskResult> {
  let refusal: FileChanged | null = null
  const inputs = givenTables(store, task, (error) => (refusal ??= error))
  const written = await runStage(task, async () => {
    const context = stageContext(task, report, signal)
    const given: unknown = await task.stage.spec.compute(inputs, task.params, context)
    if (!isIterable(given))
      throw broken(
        task.stage.name,
        task.node,
        "",
        null,
        "expected a list of rows, or an async generator of rows"
      )
    const written = await writeOutput(store, task, given, { areFailuresOutside: false, signal })
    // rows made without an unreadable file do not belong to the key
    if (refusal !== null) throw refusal
    return written
  })
  return { ...written, reads: [], partial: [] }
}

const isIterable = (value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> =>
  typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)

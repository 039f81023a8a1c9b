/**
 * Executes a source: takes rows from it, with a world that records its reads and checks at the end that they
 * are unchanged.
 */
import { type Loss, LossTally } from "../pipeline/losses.ts"
import { readSteadily, recordingWorld } from "../plan/world.ts"
import { runStage, stageContext } from "./stage-context.ts"
import type { Task, TaskReport, TaskResult } from "./task.ts"
import type { Tools } from "./resources.ts"
import { writeOutput } from "./write-output.ts"

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
      const given = task.stage.spec.compute(task.params, world, context) as AsyncIterable<unknown>
      // like every failure of a source: it may be fixed without a change of the key
      return await writeOutput(store, task, given, { areFailuresOutside: true, signal })
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

/** The context that a stage's function gets in addition to its inputs. */
import { writingAs } from "../support/stage-output.ts"
import { type Label, seededRandom } from "../support/random.ts"
import { isProblem } from "../support/problem.ts"
import { stageFailure } from "../support/stage-failure.ts"
import { machineProblem } from "../support/system-error.ts"
import { isFileChanged } from "../store/files/outside-file.ts"
import type { Task, TaskReport } from "./task.ts"
import type { StageContext } from "../pipeline/world.ts"

/** Calls a stage's own code: marks what it prints with the node, and turns what it throws into a `Problem`. */
export async function runStage<A>(task: Task, call: () => Promise<A>): Promise<A> {
  try {
    return await writingAs(task.node, call)
  } catch (error) {
    throw stageProblem(task)(error)
  }
}

/** `random` is seeded by the `seed` parameter, the stage's name and the labels only. */
export function stageContext(task: Task, report: TaskReport, signal: AbortSignal): StageContext {
  const seed = typeof task.params["seed"] === "number" ? task.params["seed"] : 0
  return {
    signal,
    log: report.log,
    threads: task.threads,
    progress: report.progress,
    random: (...labels: ReadonlyArray<Label>) => seededRandom(seed, task.stage.name, ...labels)
  }
}

/**
 * Turns what a stage throws into a Problem. Problems of the store keep their tag; changed files and failures
 * of the machine are not blamed on the stage.
 */
const stageProblem = (task: Task) => (error: unknown) => {
  if (isProblem(error)) return error
  const failed = `stage "${task.stage.name}" (node "${task.node}") failed`
  const isChanged = isFileChanged(error)
  const machine = isChanged ? null : machineProblem(error, failed)
  if (machine !== null) return machine
  const tag = isChanged ? "InputChanged" : task.stage.kind === "source" ? "SourceInvalid" : "StageFailed"
  return stageFailure(tag, failed, error, { field: task.node, base: task.base, inputs: task.inputs })
}

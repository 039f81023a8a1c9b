/** The context that a stage's function gets in addition to its inputs. */
import { type Label, seededRandom } from "../support/random.ts"
import { isProblem, Problem } from "../support/problem.ts"
import { machineProblem } from "../support/system-error.ts"
import type { StageContext } from "../pipeline/stage.ts"
import { isFileChanged } from "../store/files/outside-file.ts"
import type { Task, TaskReport } from "./task.ts"

/** `random` is seeded by the `seed` parameter, the stage's name and the labels only. */
export function stageContext(task: Task, report: TaskReport, signal: AbortSignal): StageContext {
  const seed = typeof task.params["seed"] === "number" ? task.params["seed"] : 0
  return {
    signal,
    log: report.log,
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
  return new Problem(tag, `${failed}: ${messageOf(error)}`, {
    field: fieldOf(error, "field") ?? task.node,
    file: fieldOf(error, "file"),
    hint: fieldOf(error, "hint"),
    cause: error
  })
}

/** Runs code that calls the stage's own functions: whatever it throws is the stage's failure. */
export async function blamingStage<A>(task: Task, act: () => Promise<A>): Promise<A> {
  try {
    return await act()
  } catch (error) {
    throw stageProblem(task)(error)
  }
}

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : typeof error === "string" ? error : JSON.stringify(error)

const fieldOf = (error: unknown, name: "file" | "field" | "hint"): string | null => {
  const value = (error as Record<string, unknown> | null)?.[name]
  return typeof value === "string" ? value : null
}

/** What a stage's function is given beside its inputs. */
import { type Label, seededRandom } from "../pipeline/random.ts"
import { isProblem, Problem } from "../pipeline/problem.ts"
import type { StageContext } from "../pipeline/stage.ts"
import { systemLimit } from "../pipeline/system-error.ts"
import { isFileChanged } from "../store/outside-file.ts"
import type { Task, TaskReport } from "./task.ts"

/** `random` is seeded by the `seed` parameter, the stage's name and the labels, and by nothing else. */
export function stageContext(task: Task, report: TaskReport, signal: AbortSignal): StageContext {
  const seed = typeof task.params["seed"] === "number" ? task.params["seed"] : 0
  return {
    signal,
    log: report.log,
    progress: report.progress,
    random: (...labels: ReadonlyArray<Label>) => seededRandom(seed, task.stage.name, ...labels)
  }
}

/** A stage's own throw, as a value. Problems of the store keep their tag; a file that changed, or a limit of the process, is not the stage's. */
export const stageProblem = (task: Task) => (error: unknown) =>
  isProblem(error)
    ? error
    : (systemLimit(error) ??
      new Problem(
        isFileChanged(error)
          ? "InputChanged"
          : task.stage.kind === "source"
            ? "SourceInvalid"
            : "StageFailed",
        `stage "${task.stage.name}" (node "${task.node}") failed: ${messageOf(error)}`,
        {
          field: fieldOf(error, "field") ?? task.node,
          file: fieldOf(error, "file"),
          hint: fieldOf(error, "hint"),
          cause: error
        }
      ))

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : typeof error === "string" ? error : JSON.stringify(error)

const fieldOf = (error: unknown, name: "file" | "field" | "hint"): string | null => {
  const value = (error as Record<string, unknown> | null)?.[name]
  return typeof value === "string" ? value : null
}

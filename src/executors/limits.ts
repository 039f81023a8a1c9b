/** Limits of tasks on this machine: time, the target duration of a chunk, CPU threads. */
import { availableParallelism } from "node:os"
import { Problem } from "../support/problem.ts"
import type { Task } from "../run/task.ts"

/** Milliseconds that a chunk of items should last on this machine: a kill loses the chunks in progress. */
export const chunkMs = 2000

/** CPU threads for each of several parallel tasks, so that all together use each core once. */
export const threadsOf = (tasks: number): number => Math.max(1, Math.floor(availableParallelism() / tasks))

/** In seconds; null if its stage declares no limit. */
export function secondsOf({ stage: { spec }, items }: Pick<Task, "stage" | "items">): number | null {
  if (items === null) return spec.seconds ?? null
  return spec.itemSeconds === undefined ? null : spec.itemSeconds * items.length
}

/** The failure of a task that exceeded its limit. @param what the consequence: "was killed", "was abandoned" */
export const timedOut = ({ stage, node, items }: Task, seconds: number, what: string): Problem =>
  new Problem("TimedOut", `stage "${stage.name}" (node "${node}") ${what}: it took more than ${seconds} s`, {
    field: node,
    hint:
      items === null
        ? "the stage's `seconds` sets the limit"
        : "the stage's `itemSeconds` sets the limit per item"
  })

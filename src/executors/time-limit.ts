/** How long a task may take, as its stage declares, and how long one should take on this machine. */
import { Problem } from "../support/problem.ts"
import type { Task } from "../run/task.ts"

/** Milliseconds that a chunk of items should last on this machine: a kill loses the chunks in progress. */
export const chunkMs = 2000

/** In seconds; null where its stage declares none: it may take as long as it likes. */
export function secondsOf({ stage: { spec }, items }: Pick<Task, "stage" | "items">): number | null {
  if (items === null) return spec.seconds ?? null
  return spec.itemSeconds === undefined ? null : spec.itemSeconds * items.length
}

/** The failure of a task that took longer. `what` was done about it: "was killed", "was given up". */
export const timedOut = ({ stage, node, items }: Task, seconds: number, what: string): Problem =>
  new Problem("TimedOut", `stage "${stage.name}" (node "${node}") ${what}: it took more than ${seconds} s`, {
    field: node,
    hint:
      items === null
        ? "`seconds` of the stage says how long it may take"
        : "`itemSeconds` of the stage says how long an item may take"
  })

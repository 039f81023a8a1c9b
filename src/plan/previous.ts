/** What a pipeline's nodes were computed from the last time: the "before" of every cue. */
import * as Effect from "effect/Effect"
import type { GraphNode } from "../pipeline/graph.ts"
import type { Problem } from "../pipeline/problem.ts"
import type { StoreCalls } from "../store/store.ts"
import type { Trace } from "../store/trace.ts"

/** Runs that are looked through: a node that none of them knows counts as never computed. */
const mostRuns = 100

/** Finds a node's last trace in the runs of one pipeline, newest first; runs are read as they are needed, once. */
export function previousTraces(
  store: StoreCalls,
  pipeline: string
): (node: GraphNode) => Effect.Effect<Trace | null, Problem> {
  const keys = new Map<string, { readonly stage: string; readonly key: string }>()
  let left: Array<string> | null = null
  return (node) =>
    Effect.gen(function* () {
      left ??= [...(yield* store.runs)].slice(-mostRuns)
      while (!keys.has(node.id) && left.length > 0) {
        const run = yield* store.run(left.pop()!)
        if (run?.pipeline !== pipeline) continue
        for (const { id, stage, key } of run.nodes)
          if (key !== null && !keys.has(id)) keys.set(id, { stage, key })
      }
      const known = keys.get(node.id)
      return known === undefined ? null : ((yield* store.traces(known.stage, known.key))[0] ?? null)
    })
}

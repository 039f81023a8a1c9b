/** Finds what a pipeline's nodes were last computed from: the "before" of every cue. */
import type { GraphNode } from "../pipeline/graph.ts"
import { runSoFar } from "../store/runs/run-so-far.ts"
import { type RunOwner, runsOf } from "../store/runs/runs-of.ts"
import type { Store } from "../store/store.ts"
import { storeProblem } from "../store/files/store-error.ts"
import type { Trace } from "../store/records/trace.ts"

/** The most runs of the pipeline that are searched: a node in none of them counts as never computed. */
const mostRuns = 100

/** The key of a node in a run. */
interface Had {
  readonly stage: string
  readonly key: string
}

/**
 * Finds a node's last trace in the runs of one pipeline, newest first; reads each run on demand, once. A
 * killed or unfinished run counts with the nodes that it finished. A key without a trace (a worker died, say)
 * does not hide an earlier one.
 */
export function previousTraces(store: Store, pipeline: RunOwner): (node: GraphNode) => Trace | null {
  /** by node, newest first */
  const keys = new Map<string, Array<Had>>()
  let runs: Iterator<string> | null = null
  let left = mostRuns
  const nextRun = (): string | undefined => {
    try {
      runs ??= runsOf(store, store.runs(), pipeline)
      return left-- > 0 ? (runs.next().value as string | undefined) : undefined
    } catch (error) {
      throw storeProblem(error, store.root, "read a run's record")
    }
  }
  /** Returns false if there are no more runs. */
  const readOneMore = (): boolean => {
    const id = nextRun()
    if (id === undefined) return false
    const run = store.run(id)
    for (const { id: node, stage, key } of run === null ? [] : runSoFar(run, store).nodes) {
      if (key === null) continue
      const had = keys.get(node)
      const last = had?.at(-1)
      if (had === undefined) keys.set(node, [{ stage, key }])
      else if (last!.key !== key || last!.stage !== stage) had.push({ stage, key })
    }
    return true
  }
  return (node) => {
    for (let at = 0; ; at++) {
      let had = keys.get(node.id)?.[at]
      while (had === undefined) {
        if (!readOneMore()) return null
        had = keys.get(node.id)?.[at]
      }
      const trace = store.traces(had.stage, had.key)[0]
      if (trace !== undefined) return trace
    }
  }
}

/** What a pipeline's nodes were computed from the last time: the "before" of every cue. */
import type { GraphNode } from "../pipeline/graph.ts"
import { runSoFar } from "../store/runs/run-so-far.ts"
import { type RunOwner, runsOf } from "../store/runs/runs-of.ts"
import type { Store } from "../store/store.ts"
import { storeProblem } from "../store/files/store-error.ts"
import type { Trace } from "../store/records/trace.ts"

/** Runs of the pipeline that are looked through: a node that none of them knows counts as never computed. */
const mostRuns = 100

/** A key that a node had in a run. */
interface Had {
  readonly stage: string
  readonly key: string
}

/**
 * Finds a node's last trace in the runs of one pipeline, newest first; runs are read as they are needed, once. One that
 * was killed, or that goes on, counts with what it has finished; a key that left no trace (a worker died, say) does
 * not hide the one before.
 */
export function previousTraces(store: Store, pipeline: RunOwner): (node: GraphNode) => Trace | null {
  /** by node, the newest first */
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
  /** Whether there was one more run. */
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

/** Opens the pipeline of an earlier run, with that run's parameters: what the hooks of its stages need. */
import * as fs from "node:fs"
import { Problem } from "../support/problem.ts"
import type { NodeRecord, RunRecord } from "../store/records/run-record.ts"
import type { Store } from "../store/store.ts"
import { openPipeline, type Opened } from "./open-pipeline.ts"

/**
 * The pipeline file is the one of today: nodes that it no longer has are missing from the graph.
 *
 * @throws Problem PipelineNotFound where the file is gone; others where it cannot be loaded, or refuses the parameters
 */
export async function openRun(store: Store, { file, params }: RunRecord): Promise<Opened> {
  if (!fs.existsSync(file))
    throw new Problem("PipelineNotFound", `the pipeline file is gone: ${file}`, {
      file,
      hint: "put it back: its stages draw and compare its results"
    })
  return openPipeline(file, { set: [], params, store: store.root, force: [], retryFailed: false })
}

/** Records searched for an artifact. */
const mostRuns = 100

/** The most recent run that has an artifact, and the node; null if no recent one has it. */
export function runWith(
  store: Store,
  artifact: string
): { readonly run: RunRecord; readonly node: NodeRecord } | null {
  for (const id of store.runs().slice(-mostRuns).toReversed()) {
    const run = store.run(id)
    const node = run?.nodes.find((one) => one.artifact === artifact)
    if (run !== null && node !== undefined) return { run, node }
  }
  return null
}

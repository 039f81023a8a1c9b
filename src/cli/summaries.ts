/**
 * The tables that stages print of the pipeline's outputs.
 *
 * They are kept in the store's cache, by artifact, code and the file that the stage was loaded from, so that a run in which all is fresh shows its numbers
 * without opening an artifact.
 */
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import type { GraphNode } from "../pipeline/graph.ts"
import { isProblem, Problem } from "../pipeline/problem.ts"
import type { Summary } from "../pipeline/stage.ts"
import { readCache, writeCache } from "../store/cache-file.ts"
import { digestJson } from "../store/canonical-json.ts"
import type { RunRecord } from "../store/run-record.ts"
import type { StoreCalls } from "../store/store.ts"
import type { Opened } from "./opened.ts"

/** Of each output that is there and whose stage has one, in the outputs' order. */
export const outputSummaries = (
  { graph, planning, addressOf }: Pick<Opened, "graph" | "planning" | "addressOf">,
  run: RunRecord
): Effect.Effect<ReadonlyArray<Summary>, Problem> =>
  Effect.gen(function* () {
    const artifacts = new Map(run.nodes.map(({ id, artifact }) => [id, artifact]))
    const summaries: Array<Summary> = []
    for (const id of new Set(Object.values(run.outputs).flat())) {
      const node = graph.byId.get(id)
      const artifact = artifacts.get(id) ?? null
      if (node?.stage.spec.summary === undefined || artifact === null) continue
      const { store } = planning
      const address = addressOf(node.stage)
      const made = digestJson({
        code: planning.codeOf(node.stage).digest,
        // how a stage sums up is in no code digest: it changes no artifact
        file:
          address === null
            ? null
            : (planning.outside.digests.digest(fileURLToPath(address.url))?.sha256 ?? null)
      })
      const note = path.join(store.layout.cache, "summaries", `${artifact}-${made.slice(0, 32)}.json`)
      const known = readCache<Summary>(store.files, note)
      const summary = known ?? (yield* summarise(store, node, artifact))
      if (summary === null) continue
      if (known === null) writeCache(store.files, note, summary)
      summaries.push(summary)
    }
    return summaries
  })

const summarise = (
  store: StoreCalls,
  node: GraphNode,
  artifact: string
): Effect.Effect<Summary | null, Problem> =>
  Effect.gen(function* () {
    const manifest = yield* store.manifest(artifact)
    if (manifest === null) return null
    const { artifactObjects } = yield* Effect.promise(() => import("../store/read-artifact.ts"))
    const rows = yield* artifactObjects(store, manifest)
    return yield* Effect.try({
      try: () => node.stage.spec.summary!(rows),
      catch: (error) =>
        isProblem(error)
          ? error
          : new Problem(
              "OutputInvalid",
              `stage "${node.stage.name}" cannot sum up "${node.id}": ${(error as Error).message}`,
              {
                field: node.id,
                hint: "the artifact is written; its summary function is what failed",
                cause: error
              }
            )
    })
  })

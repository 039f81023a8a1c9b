/** The tables that stages print of the pipeline's outputs. */
import * as Effect from "effect/Effect"
import { writingAs } from "../support/stage-output.ts"
import type { Problem } from "../support/problem.ts"
import type { Summary } from "../pipeline/stage.ts"
import type { RunRecord } from "../store/records/run-record.ts"
import { artifactsOf, type HookContext, askHook } from "./stage-hooks.ts"

/** Of each output that is there and whose stage has one, in the outputs' order. */
export const outputSummaries = (
  asking: HookContext,
  run: RunRecord
): Effect.Effect<ReadonlyArray<Summary>, Problem> =>
  Effect.gen(function* () {
    const { graph, planning } = asking
    const artifactOf = artifactsOf(run.nodes)
    const summaries: Array<Summary> = []
    for (const id of new Set(Object.values(run.outputs).flat())) {
      const node = graph.byId.get(id)
      if (node === undefined) continue
      const summary = yield* askHook(asking, node, "summary", artifactOf, (manifest) =>
        Effect.gen(function* () {
          const { artifactObjects } = yield* Effect.promise(() => import("../store/items/read-artifact.ts"))
          const rows = yield* artifactObjects(planning.store, manifest)
          return yield* Effect.tryPromise({
            try: () => writingAs(id, () => node.stage.spec.summary!(rows)),
            catch: (error) => error
          })
        })
      )
      if (summary !== null) summaries.push(summary)
    }
    return summaries
  })

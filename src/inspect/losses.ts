/** What the nodes of a run have left out, as their stages tell it. */
import * as Effect from "effect/Effect"
import type { GraphNode } from "../pipeline/graph.ts"
import { type Loss, type Lost, LossTally } from "../pipeline/losses.ts"
import { Problem } from "../support/problem.ts"
import type { Manifest } from "../store/records/manifest.ts"
import type { NodeRecord } from "../store/records/run-record.ts"
import type { TaskPort } from "../run/task.ts"
import { writingAs } from "../support/stage-output.ts"
import { type ArtifactOf, artifactsOf, type HookContext, askHook } from "./stage-hooks.ts"

export interface Losses {
  /** Adds the losses that each stage reports to its record. A source's record already has those of its run. */
  readonly tell: (nodes: ReadonlyArray<NodeRecord>) => Effect.Effect<ReadonlyArray<NodeRecord>>
  /** the first hook's failure, or null; the run's results are valid all the same */
  readonly problem: () => Problem | null
}

export function lossesOf(asking: HookContext): Losses {
  let problem: Problem | null = null
  const tell = (nodes: ReadonlyArray<NodeRecord>) =>
    Effect.gen(function* () {
      problem = null
      const artifactOf = artifactsOf(nodes)
      const told: Array<NodeRecord> = []
      for (const record of nodes) {
        const node = asking.graph.byId.get(record.id)
        const lost =
          node?.stage.spec.losses === undefined
            ? []
            : yield* lossesOfNode(asking, node, artifactOf).pipe(
                Effect.catch((failure) =>
                  Effect.sync((): ReadonlyArray<Lost> => {
                    problem ??= failure
                    return []
                  })
                )
              )
        told.push(lost.length === 0 ? record : { ...record, losses: [...(record.losses ?? []), ...lost] })
      }
      return told
    })
  return { tell, problem: () => problem }
}

const lossesOfNode = (
  asking: HookContext,
  node: GraphNode,
  artifactOf: ArtifactOf
): Effect.Effect<ReadonlyArray<Lost>, Problem> =>
  Effect.map(
    askHook(asking, node, "losses", artifactOf, (manifest) => ask(asking, node, manifest, artifactOf)),
    (answer) => answer?.losses ?? []
  )

const ask = (
  { planning: { store } }: HookContext,
  node: GraphNode,
  manifest: Manifest,
  artifactOf: ArtifactOf
): Effect.Effect<{ readonly losses: ReadonlyArray<Lost> }, unknown> =>
  Effect.gen(function* () {
    const { givenTables } = yield* Effect.promise(() => import("../run/given-tables.ts"))
    const ports: Array<readonly [string, TaskPort]> = []
    for (const [name, { mode, reads, from }] of Object.entries(node.ports)) {
      const made = yield* Effect.forEach(from, ({ id }) =>
        Effect.flatMap(store.manifest(artifactOf(id) ?? ""), (its) =>
          its === null ? Effect.fail(gone(id)) : Effect.succeed({ node: id, manifest: its })
        )
      )
      ports.push([name, { mode: mode === "many" ? "many" : "whole", reads, from: made }])
    }
    const own: TaskPort = { mode: "whole", reads: node.columns, from: [{ node: node.id, manifest }] }
    const artifacts = {
      output: givenTables(store, { node: node.id, ports: { output: own } })["output"],
      inputs: givenTables(store, { node: node.id, ports: Object.fromEntries(ports) }),
      params: node.params
    }
    return yield* Effect.tryPromise({
      try: () =>
        writingAs(node.id, async () => {
          const tally = new LossTally()
          const losses: AsyncIterable<Loss> | Iterable<Loss> = await node.stage.spec.losses!(artifacts)
          for await (const loss of losses) tally.add(loss)
          return { losses: tally.lost() }
        }),
      catch: (error) => error
    })
  })

const gone = (id: string) =>
  new Problem("ArtifactNotFound", `the artifact of "${id}" is gone from the store`, {
    field: id,
    hint: "run the pipeline again: what is missing is computed again"
  })

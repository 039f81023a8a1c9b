/**
 * Runs a stage's hooks on its artifacts (`summary`, `losses`), and caches the answers in the store.
 *
 * The cache key holds everything that an answer depends on: the artifact, what that was made from, the parameters, and
 * the stage's
 * code and file. So a run in which all is fresh shows its numbers without opening an artifact, and a hook that has
 * changed is asked again, though it is in no key.
 */
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import type { GraphNode } from "../pipeline/graph.ts"
import { isProblem, type Problem } from "../support/problem.ts"
import { stageFailure } from "../support/stage-failure.ts"
import { readCache, writeCache } from "../store/fresh/cache-file.ts"
import { digestJson } from "../store/format/canonical-json.ts"
import type { Manifest } from "../store/records/manifest.ts"
import type { NodeRecord } from "../store/records/run-record.ts"
import type { Opened } from "../project/open-pipeline.ts"

export type HookContext = Pick<Opened, "graph" | "planning" | "addressOf">
export type HookName = "summary" | "losses"

/** The digest of a node's artifact in a run; null if it made none. */
export type ArtifactOf = (node: string) => string | null
export const artifactsOf = (nodes: ReadonlyArray<NodeRecord>): ArtifactOf => {
  const artifacts = new Map(nodes.map(({ id, artifact }) => [id, artifact]))
  return (node) => artifacts.get(node) ?? null
}

/**
 * What a hook of a node's stage answers; null where the stage has none, or the artifact is not there.
 *
 * @param ask is called where the answer is not known yet. What it throws fails with OutputInvalid, unless it is a
 *   Problem
 */
export const askHook = <A extends object>(
  { planning, addressOf }: HookContext,
  node: GraphNode,
  hook: HookName,
  artifactOf: ArtifactOf,
  ask: (manifest: Manifest) => Effect.Effect<A, unknown>
): Effect.Effect<A | null, Problem> =>
  Effect.gen(function* () {
    const artifact = artifactOf(node.id)
    if (node.stage.spec[hook] === undefined || artifact === null) return null
    const { store } = planning
    const address = addressOf(node.stage)
    const made = digestJson({
      hook,
      code: planning.codeOf(node.stage).digest,
      // hooks are in no code digest: they change no artifact
      file:
        address === null
          ? null
          : (planning.outside.digests.digest(fileURLToPath(address.url))?.sha256 ?? null),
      params: node.params,
      inputs: node.inputs.map(({ id }) => artifactOf(id))
    })
    const note = path.join(store.layout.cache, "summaries", `${artifact}-${made.slice(0, 32)}.json`)
    const known = readCache<A>(store.files, note)
    if (known !== null) return known
    const manifest = yield* store.manifest(artifact)
    if (manifest === null) return null
    const answer = yield* Effect.mapError(ask(manifest), (error) =>
      isProblem(error) ? error : failedHook(node, hook, error, planning.outside.base)
    )
    writeCache(store.files, note, answer)
    return answer
  })

const failedHook = ({ id, stage }: GraphNode, hook: HookName, error: unknown, base: string) =>
  stageFailure(
    "OutputInvalid",
    `stage "${stage.name}" cannot ${hook === "summary" ? `sum up "${id}"` : `count what "${id}" left out`}`,
    error,
    { field: id, base, hint: `the artifact is saved; fix the stage's function \`${hook}\` and run again` }
  )

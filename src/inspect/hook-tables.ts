/** The tables that a stage's hooks and its `compare` get: an artifact and its inputs, read lazily. */
import type { Columns } from "../pipeline/columns.ts"
import type { GraphNode } from "../pipeline/graph.ts"
import type { Artifacts } from "../pipeline/losses.ts"
import type { Opened } from "../project/open-pipeline.ts"
import type { TaskPort } from "../run/task.ts"
import type { Manifest } from "../store/records/manifest.ts"
import { Problem } from "../support/problem.ts"

export type HookContext = Pick<Opened, "graph" | "planning" | "addressOf">

/** What a hook can read: its node's artifact, and those of the run's other nodes. */
export interface HookInput {
  readonly context: Pick<HookContext, "planning">
  readonly node: GraphNode
  readonly manifest: Manifest
  readonly artifactOf: ArtifactOf
}
/** The digest of a node's artifact in a run; null if it produced none. */
export type ArtifactOf = (node: string) => string | null

/**
 * The artifact and its inputs as a stage function reads them: only the declared columns.
 *
 * @throws Problem ArtifactNotFound if an input's artifact is missing from the store
 */
export async function hookTables({ context, node, manifest, artifactOf }: HookInput) {
  const { store } = context.planning
  const { givenTables } = await import("../run/given-tables.ts")
  const read = Object.entries(node.ports).filter(
    ([, { mode }]) => mode !== "member" && mode !== "memberNames"
  )
  const ports = read.map(([name, { mode, reads, from }]): [string, TaskPort] => [
    name,
    {
      mode: mode === "many" ? "many" : "whole",
      reads: { ...reads, ...tensorsOf(node, name) },
      from: from.map(({ id }) => {
        const its = store.manifest(artifactOf(id) ?? "")
        if (its === null) throw gone(id)
        return { node: id, manifest: its }
      })
    }
  ])
  const own: TaskPort = { mode: "whole", reads: node.columns, from: [{ node: node.id, manifest }] }
  const tables = {
    output: givenTables(store, { node: node.id, ports: { output: own } })["output"],
    inputs: givenTables(store, { node: node.id, ports: Object.fromEntries(ports) }),
    params: node.params
  }
  // only the stage knows the types of its columns
  return tables as unknown as Artifacts<any, any, any>
}

/** The tensor families that `member` ports read of a port's artifact: a hook reads them there, as it has no items. */
const tensorsOf = ({ stage }: GraphNode, port: string): Columns =>
  Object.fromEntries(
    Object.values(stage.spec.inputs ?? {}).flatMap(({ member, reads }) =>
      member?.of === port ? Object.entries(reads) : []
    )
  )

const gone = (id: string) =>
  new Problem("ArtifactNotFound", `the artifact of "${id}" is missing from the store`, {
    field: id,
    hint: "run the pipeline again to recompute it"
  })

/** The figures of a run or of one of its nodes, each with a name of its own. */
import type { HookContext } from "../inspect/hook-tables.ts"
import { askHook, artifactsOf } from "../inspect/hooks.ts"
import type { Figure } from "../pipeline/figures.ts"
import type { GraphNode } from "../pipeline/graph.ts"
import { missingArtifact } from "../project/missing-artifact.ts"
import type { RunRecord } from "../store/records/run-record.ts"
import { isProblem, type Problem } from "../support/problem.ts"
import { leftOutFigure } from "./left-out.ts"

export interface NamedFigure {
  /** the figure's id; after the node's, if figures of two nodes have one id */
  readonly name: string
  /** null for figures about the whole run */
  readonly node: string | null
  readonly artifact: string | null
  readonly figure: Figure
}
export interface RunFigures {
  readonly figures: ReadonlyArray<NamedFigure>
  /** hooks that failed, artifacts that are missing or damaged: the other figures are whole */
  readonly problems: ReadonlyArray<Problem>
}

/** The main figures first: those of the pipeline's outputs. @param only one node's */
export async function figuresOfRun(
  context: HookContext | null,
  run: RunRecord,
  only: string | null = null
): Promise<RunFigures> {
  const artifactOf = artifactsOf(run.nodes)
  const problems: Array<Problem> = []
  const found: Array<Omit<NamedFigure, "name">> = []
  for (const node of context === null ? [] : outputsFirst(context, run)) {
    if (only !== null && node.id !== only) continue
    const artifact = artifactOf(node.id)
    const { store } = context!.planning
    if (node.stage.spec.figures === undefined || artifact === null) continue
    if (store.manifest(artifact) === null) {
      problems.push(missingArtifact(store, artifact, `the artifact of "${node.id}"`))
      continue
    }
    try {
      const answer = await askHook(context!, node, "figures", artifactOf)
      for (const figure of answer?.figures ?? []) found.push({ node: node.id, artifact, figure })
    } catch (error) {
      if (!isProblem(error)) throw error
      problems.push(error)
    }
  }
  if (only === null) found.push({ node: null, artifact: null, figure: leftOutFigure(run.nodes) })
  return { figures: named(found), problems }
}

function outputsFirst({ graph }: HookContext, { outputs }: RunRecord): Iterable<GraphNode> {
  const first = Object.values(outputs).flatMap((ids) => ids.flatMap((id) => graph.byId.get(id) ?? []))
  return new Set([...first, ...graph.nodes])
}

function named(found: ReadonlyArray<Omit<NamedFigure, "name">>): ReadonlyArray<NamedFigure> {
  const uses = new Map<string, number>()
  for (const { figure } of found) uses.set(figure.id, (uses.get(figure.id) ?? 0) + 1)
  return found.map((one) => {
    const isShared = uses.get(one.figure.id)! > 1 && one.node !== null
    return { ...one, name: isShared ? `${one.node!.replaceAll("/", "-")}-${one.figure.id}` : one.figure.id }
  })
}

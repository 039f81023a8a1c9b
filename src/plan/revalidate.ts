/**
 * Revalidates the files named by a node's parameters: they must be as they were when the node was planned.
 */
import type { GraphNode } from "../pipeline/graph.ts"
import { isProblem, Problem } from "../support/problem.ts"
import { digestJson } from "../store/format/canonical-json.ts"
import type { Preimage } from "../store/records/preimage.ts"
import { knownParams } from "./identity.ts"
import type { Planning } from "./planning.ts"

/**
 * A source records its reads, and file columns are checked when they are read. This covers the remaining
 * case: an encoder that is exported again while a run uses it.
 *
 * @throws Problem InputChanged if they changed: the result may come from either version, and is stored under
 *   neither
 */
export function revalidate(
  node: GraphNode,
  planned: Preimage,
  { codeOf, outside, identities }: Planning
): void {
  const digestOf = ({ params, environment }: Pick<Preimage, "params" | "environment">) =>
    digestJson({ params, environment })
  try {
    const now = knownParams(node, codeOf(node.stage).digest, outside, identities)
    if (now !== null && digestOf(now) === digestOf(planned)) return
  } catch (error) {
    // a file is gone
    if (!isProblem(error)) throw error
  }
  throw new Problem("InputChanged", `node "${node.id}": a file that it reads changed while it ran`, {
    field: node.id,
    hint: "run again: work finished before the change is kept"
  })
}

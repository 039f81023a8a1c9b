/** Whether the files that a node's parameters name are as they were when the node was planned. */
import type { GraphNode } from "../pipeline/graph.ts"
import { isProblem, Problem } from "../support/problem.ts"
import { digestJson } from "../store/format/canonical-json.ts"
import type { Preimage } from "../store/records/preimage.ts"
import { knownParams } from "./identity.ts"
import type { Planning } from "./planning.ts"

/**
 * A source writes down what it reads, and file columns are checked as they are read: this is for the encoder that is
 * exported anew while a run is at it.
 *
 * @throws Problem InputChanged where they are not: what was computed may be of either, and is stored under neither
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
  throw new Problem("InputChanged", `node "${node.id}": a file that it reads was changed while it ran`, {
    field: node.id,
    hint: "run again: what was finished before the change is kept"
  })
}

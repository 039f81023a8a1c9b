/** Which nodes a node reads. */
import type { GraphNode } from "../pipeline/graph.ts"

const known = new WeakMap<GraphNode, ReadonlyArray<GraphNode>>()
/** The nodes that a node reads, each once. */
export function inputNodes(node: GraphNode): ReadonlyArray<GraphNode> {
  let inputs = known.get(node)
  if (inputs === undefined) {
    inputs = [...new Set(Object.values(node.ports).flatMap((port) => port.from))]
    known.set(node, inputs)
  }
  return inputs
}

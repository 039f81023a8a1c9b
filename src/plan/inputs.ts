/** Which nodes a node reads. */
import type { GraphNode } from "../pipeline/graph.ts"

const known = new WeakMap<GraphNode, ReadonlyArray<GraphNode>>()
/** The nodes that a node reads, each once. */
export function inputNodes(node: GraphNode): ReadonlyArray<GraphNode> {
  let inputs = known.get(node)
  if (inputs === undefined) {
    const all = new Set<GraphNode>()
    for (const { from } of Object.values(node.ports)) for (const input of from) all.add(input)
    inputs = [...all]
    known.set(node, inputs)
  }
  return inputs
}

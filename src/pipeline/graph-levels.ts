/** The levels of a graph, for pictures of it. */
import type { Graph, GraphNode } from "./graph.ts"

/** A node's level is one more than the highest level of its inputs. */
export function byLevel({ nodes }: Graph): ReadonlyArray<readonly [GraphNode, number]> {
  const levels = new Map<GraphNode, number>()
  for (const node of nodes)
    levels.set(node, 1 + Math.max(-1, ...node.inputs.map((input) => levels.get(input)!)))
  return [...levels].sort(([, a], [, b]) => a - b)
}

/** What of a graph has to be computed for some of its tensors. */
import { type GraphIndex, readsOf } from "./graph-index.ts"

export interface Needed {
  /** indices of nodes */
  readonly nodes: ReadonlySet<number>
  /** tensors of standard operators that these nodes make, and others would read too */
  readonly severed: ReadonlyArray<string>
  /** Whether a tensor is there when no other nodes are; one that no node makes (an input, a weight) always is. */
  readonly has: (tensor: string) => boolean
}

/** The nodes that make the tensors, and those that make what these read, and so on. */
export function neededFor({ graph, producer, readers }: GraphIndex, tensors: ReadonlyArray<string>): Needed {
  const nodes = new Set<number>()
  const pending = [...tensors]
  while (pending.length > 0) {
    const i = producer.get(pending.pop()!)
    if (i === undefined || nodes.has(i)) continue
    nodes.add(i)
    pending.push(...readsOf(graph.nodes[i]!))
  }
  const has = (tensor: string) => {
    const i = producer.get(tensor)
    return i === undefined || nodes.has(i)
  }
  const severed = [...nodes].flatMap((i) => {
    const { domain, outputs } = graph.nodes[i]!
    // what a runtime's own operator gives is fused already, and of no type that onnx knows
    if (domain !== "") return []
    return outputs.filter((name) => {
      const its = readers.get(name) ?? []
      return its.some((reader) => nodes.has(reader)) && its.some((reader) => !nodes.has(reader))
    })
  })
  return { nodes, severed, has }
}

/** Indexes a graph: producers and readers of tensors, a topological order, and the nodes that given tensors need. */
import type { OnnxGraph, OnnxNode } from "./model.ts"
import { OnnxError } from "./onnx-error.ts"

/** Producers and readers of tensors, and an order in which everything is produced before it is read. */
export interface GraphIndex {
  readonly graph: OnnxGraph
  /** tensor → index of its node */
  readonly producer: ReadonlyMap<string, number>
  /** tensor → indices of the nodes that read it */
  readonly readers: ReadonlyMap<string, ReadonlyArray<number>>
  /** indices of nodes in topological order (file order is not: nodes are appended, and some tools write any order) */
  readonly order: ReadonlyArray<number>
}

/** All tensors that a node reads, including in its subgraphs. */
export const readsOf = ({ inputs, captured }: OnnxNode): ReadonlyArray<string> =>
  captured.length === 0 ? inputs : [...inputs, ...captured]

/** @throws {OnnxError} the graph has a cycle */
export function indexGraph(graph: OnnxGraph): GraphIndex {
  const producer = new Map<string, number>()
  graph.nodes.forEach(({ outputs }, i) => outputs.forEach((name) => name !== "" && producer.set(name, i)))

  const readers = new Map<string, Array<number>>()
  const followers: Array<Array<number>> = graph.nodes.map(() => [])
  const waiting = graph.nodes.map((node, i) => {
    const names = new Set(readsOf(node))
    for (const name of names) {
      const others = readers.get(name)
      if (others === undefined) readers.set(name, [i])
      else others.push(i)
    }
    const makers = new Set([...names].flatMap((name) => producer.get(name) ?? []))
    for (const maker of makers) followers[maker]!.push(i)
    return makers.size
  })
  const order = waiting.flatMap((count, i) => (count === 0 ? [i] : []))
  for (let at = 0; at < order.length; at++) {
    for (const next of followers[order[at]!]!) if (--waiting[next]! === 0) order.push(next)
  }
  if (order.length < graph.nodes.length) {
    const stuck = graph.nodes[waiting.findIndex((count) => count > 0)]!
    throw new OnnxError(`the graph is invalid: node ${stuck.name} (${stuck.op}) depends on itself`)
  }
  return { graph, producer, readers, order }
}

export interface Needed {
  /** indices of nodes */
  readonly nodes: ReadonlySet<number>
  /** tensors of standard operators that these nodes produce and other nodes would read too */
  readonly severed: ReadonlyArray<string>
  /** Whether a tensor exists without the other nodes; inputs and weights always do. */
  readonly has: (tensor: string) => boolean
}

/** The nodes that produce the tensors, directly or indirectly. */
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
    // operators outside ONNX's own domain are already fused, and ONNX does not know their output types
    if (domain !== "") return []
    return outputs.filter((name) => {
      const its = readers.get(name) ?? []
      return its.some((reader) => nodes.has(reader)) && its.some((reader) => !nodes.has(reader))
    })
  })
  return { nodes, severed, has }
}

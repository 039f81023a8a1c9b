/** The nodes that a command acts on: the named ones and all their inputs. */
import type { GraphNode } from "../pipeline/graph.ts"
import { Problem, didYouMean } from "../support/problem.ts"
import { noSuchNode, type Opened } from "./open-pipeline.ts"
import type { ItemId } from "../store/records/manifest.ts"

type Pipeline = Pick<Opened, "graph" | "file">

/** The node with an id. @throws Problem NodeNotFound */
export function findNode({ graph, file }: Pipeline, id: string): GraphNode {
  const node = graph.byId.get(id)
  if (node === undefined) throw noSuchNode(id, graph, file)
  return node
}

/** The named nodes and all their inputs, or all nodes if none are named; inputs first. @throws Problem NodeNotFound */
export function chooseNodes(pipeline: Pipeline, ids: ReadonlyArray<string>): ReadonlyArray<GraphNode> {
  const { nodes } = pipeline.graph
  if (ids.length === 0) return nodes
  const needed = new Set<GraphNode>()
  const visit = (node: GraphNode) => {
    if (needed.has(node)) return
    needed.add(node)
    node.inputs.forEach(visit)
  }
  for (const id of ids) visit(findNode(pipeline, id))
  return nodes.filter((node) => needed.has(node))
}

export const noItem = (node: string, item: ItemId, ids: ReadonlyArray<string>) =>
  new Problem("Usage", `"${node}" has no item "${item}"`, {
    field: item,
    hint:
      didYouMean(item, ids) ??
      `it has ${ids.length}: ${ids.slice(0, 3).join(", ")}${ids.length > 3 ? ", …" : ""}`
  })

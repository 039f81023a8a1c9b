/** The nodes that a command is about: those that were named, and what they need. */
import * as Effect from "effect/Effect"
import type { GraphNode } from "../pipeline/graph.ts"
import { Problem, didYouMean } from "../support/problem.ts"
import { noSuchNode, type Opened } from "./open-pipeline.ts"
type Pipeline = Pick<Opened, "graph" | "file">

/** The node of an id; fails with NodeNotFound. */
export const findNode = ({ graph, file }: Pipeline, id: string): Effect.Effect<GraphNode, Problem> => {
  const node = graph.byId.get(id)
  return node === undefined ? Effect.fail(noSuchNode(id, graph, file)) : Effect.succeed(node)
}

/** All nodes if none is named; inputs first. */
export const chooseNodes = (
  pipeline: Pipeline,
  ids: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<GraphNode>, Problem> =>
  ids.length === 0
    ? Effect.succeed(pipeline.graph.nodes)
    : Effect.map(
        Effect.forEach(ids, (id) => findNode(pipeline, id)),
        (named) => {
          const needed = new Set<GraphNode>()
          const visit = (node: GraphNode) => {
            if (needed.has(node)) return
            needed.add(node)
            node.inputs.forEach(visit)
          }
          named.forEach(visit)
          return pipeline.graph.nodes.filter((node) => needed.has(node))
        }
      )

export const noItem = (node: string, item: string, ids: ReadonlyArray<string>) =>
  new Problem("Usage", `"${node}" has no item "${item}"`, {
    field: item,
    hint:
      didYouMean(item, ids) ??
      `it has ${ids.length}: ${ids.slice(0, 3).join(", ")}${ids.length > 3 ? ", …" : ""}`
  })

/** A graph as Mermaid, Graphviz DOT and JSON. */
import { own } from "../support/own.ts"
import type { Graph, GraphNode } from "../pipeline/graph.ts"
import type { Opened } from "../project/open-pipeline.ts"

interface Edge {
  readonly from: GraphNode
  readonly to: GraphNode
  readonly port: string
}
export const edgesOf = ({ nodes }: Graph): ReadonlyArray<Edge> =>
  nodes.flatMap((to) =>
    Object.entries(to.ports).flatMap(([port, { from }]) => from.map((input) => ({ from: input, to, port })))
  )
const outputNodes = ({ outputs }: Graph) => new Set(Object.values(outputs).flat())

/** Source: https://mermaid.js.org/syntax/flowchart.html */
export function dagMermaid(graph: Graph): string {
  const name = new Map(graph.nodes.map((node, i) => [node, `n${i}`]))
  const text = (value: string) => value.replaceAll('"', "#quot;")
  const wanted = outputNodes(graph)
  const shape = (node: GraphNode) => {
    const label = `"${text(node.id)}<br/><i>${text(node.stage.name)}</i>"`
    return node.stage.kind === "source" ? `([${label}])` : wanted.has(node) ? `[[${label}]]` : `[${label}]`
  }
  return [
    "flowchart TD",
    ...graph.nodes.map((node) => `  ${name.get(node)}${shape(node)}`),
    ...edgesOf(graph).map(({ from, to, port }) => `  ${name.get(from)} -->|${text(port)}| ${name.get(to)}`)
  ].join("\n")
}

/** Source: https://graphviz.org/doc/info/lang.html */
export function dagDot(graph: Graph): string {
  const quoted = (value: string) => `"${value.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`
  const wanted = outputNodes(graph)
  return [
    `digraph ${quoted(graph.pipeline)} {`,
    '  rankdir="TB"; node [shape="box", fontname="sans-serif"]; edge [fontname="sans-serif", fontsize="10"];',
    ...graph.nodes.map((node) => {
      const style = wanted.has(node)
        ? ', peripheries="2"'
        : node.stage.kind === "source"
          ? ', style="rounded"'
          : ""
      return `  ${quoted(node.id)} [label=${quoted(`${node.id}\n${node.stage.name}`)}${style}];`
    }),
    ...edgesOf(graph).map(
      ({ from, to, port }) => `  ${quoted(from.id)} -> ${quoted(to.id)} [label=${quoted(port)}];`
    ),
    "}"
  ].join("\n")
}

export const dagJson = ({ name, file, declared, params, graph }: Opened) => ({
  pipeline: name,
  file,
  params: Object.entries(declared).map(([param, { kind, options }]) => ({
    name: param,
    kind,
    value: own(params, param) ?? null,
    default: options.default ?? null,
    doc: options.doc ?? null
  })),
  nodes: graph.nodes.map((node) => ({
    id: node.id,
    stage: node.stage.name,
    kind: node.stage.kind,
    form: node.form,
    columns: Object.fromEntries(Object.entries(node.columns).map(([column, { type }]) => [column, type])),
    params: node.params,
    inputs: Object.fromEntries(
      Object.entries(node.ports).map(([port, { mode: take, reads, from }]) => [
        port,
        { take, reads: Object.keys(reads), from: from.map(({ id }) => id) }
      ])
    )
  })),
  outputs: Object.fromEntries(
    Object.entries(graph.outputs).map(([output, nodes]) => [output, nodes.map(({ id }) => id)])
  )
})

/** A graph as text: nodes by level, each with its inputs, and the pipeline's parameters. */
import { own } from "../support/own.ts"
import type { GraphNode } from "../pipeline/graph.ts"
import { byLevel } from "../pipeline/graph-levels.ts"
import type { Paint } from "../support/colour.ts"
import { oneLine } from "../support/plain-text.ts"
import { type TableCell, textTable } from "../support/text-table.ts"
import type { Opened } from "../project/open-pipeline.ts"

/** At most this many inputs of a port are named in a row. */
const named = 4

export function dagText(
  { name, graph, declared, params }: Pick<Opened, "name" | "graph" | "declared" | "params">,
  paint: Paint
): string {
  const outputs = new Map<GraphNode, Array<string>>()
  for (const [output, nodes] of Object.entries(graph.outputs))
    for (const node of nodes) outputs.set(node, [...(outputs.get(node) ?? []), output])
  let last = -1
  const rows = byLevel(graph).map(([node, level]): ReadonlyArray<TableCell> => {
    const first = level !== last
    last = level
    return [
      first ? { text: String(level), style: "dim" } : null,
      outputs.has(node) ? { text: node.id, style: "bold" } : node.id,
      { text: node.stage.name, style: "cyan" },
      node.form,
      inputsText(node),
      outputs.has(node) ? { text: `→ ${outputs.get(node)!.join(", ")}`, style: "green" } : null
    ]
  })
  const parameters = Object.entries(declared).map(([param, { options }]): ReadonlyArray<TableCell> => [
    param,
    JSON.stringify(own(params, param) ?? null),
    { text: options.doc ?? "", style: "dim" }
  ])
  return [
    textTable(["level", "node", "stage", "gives", "reads", "output"], rows, { paint }),
    ...(parameters.length === 0
      ? []
      : ["", textTable(["parameter", "value", ""], parameters.map(quiet), { paint })]),
    "",
    `${name}: ${graph.nodes.length} nodes; set a parameter with -S name=value`
  ].join("\n")
}

/** Cuts long values. */
const quiet = (row: ReadonlyArray<TableCell>): ReadonlyArray<TableCell> =>
  row.map((cell) => (typeof cell === "string" && cell.length > 60 ? `${oneLine(cell).slice(0, 59)}…` : cell))

function inputsText(node: GraphNode): string {
  return Object.entries(node.ports)
    .map(([port, { from }]) => {
      const ids = from.slice(0, named).map(({ id }) => id)
      const list = from.length > named ? `${ids.join(" ")} … (${from.length})` : ids.join(" ")
      return port === list ? port : `${port}: ${list}`
    })
    .join(", ")
}

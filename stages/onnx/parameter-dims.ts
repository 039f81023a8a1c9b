/** Shapes of parameters, through what exporters put between them and the node that reads them. */
import type { GraphIndex } from "./graph-index.ts"
import { passesThrough } from "./operators.ts"

/** Dims of a weight, through casts and dequantisation; null if it is computed. */
export function dimsOf({ graph, producer }: GraphIndex, tensor: string): ReadonlyArray<number> | null {
  for (let name = tensor; ;) {
    const weight = graph.initializers.get(name)
    if (weight !== undefined) return weight.dims
    const i = producer.get(name)
    if (i === undefined) return null
    const { op, inputs, constant } = graph.nodes[i]!
    if (constant !== null) return constant.dims
    if (!passesThrough(op)) return null
    name = inputs[0]!
  }
}

const copies = new Set(["Expand", "Reshape", "Unsqueeze", "Tile"])

/**
 * From a batch of copies back to the one parameter, whatever casts and quantisation are between them; and through a
 * look-up of rows by a constant list (CLIP's positions).
 */
export function parameterDims(index: GraphIndex, tensor: string): ReadonlyArray<number> | null {
  for (let name = tensor; ;) {
    const dims = dimsOf(index, name)
    if (dims !== null) return dims
    const i = index.producer.get(name)
    if (i === undefined) return null
    const { op, inputs, integers } = index.graph.nodes[i]!
    if (copies.has(op) || passesThrough(op)) name = inputs[0]!
    else if (op !== "Gather" || (integers.get("axis")?.[0] ?? 0) !== 0) return null
    else {
      const [rows, chosen] = [dimsOf(index, inputs[0]!), dimsOf(index, inputs[1]!)]
      return rows?.length === 2 && chosen !== null ? [...chosen, rows[1]!] : null
    }
  }
}

import { type GraphIndex, readsOf } from "./graph-index.ts"
import type { Node } from "./model.ts"
import { isNorm, passesThrough } from "./operators.ts"

/** The result of the norm that reads a tensor, as one node or written out; null where none does. */
export function normAfter(index: GraphIndex, tensor: string): string | null {
  const readers = readersOf(index, tensor)
  for (const { op, inputs, outputs } of readers) {
    if (isNorm(op) && inputs[0] === tensor) return outputs[0]!
    if (passesThrough(op)) {
      const behind = normAfter(index, outputs[0]!)
      if (behind !== null) return behind
    }
  }
  return readers.some(({ op }) => op === "ReduceMean") ? writtenOutNorm(index, readers, tensor) : null
}

/** (x − mean) / √(variance + ε) · scale + shift, where scale and shift may be missing. */
function writtenOutNorm(index: GraphIndex, readers: ReadonlyArray<Node>, tensor: string): string | null {
  const centred = readers.find(({ op, inputs }) => op === "Sub" && inputs[0] === tensor)?.outputs[0]
  if (centred === undefined) return null
  const divided = readersOf(index, centred).find(({ op, inputs }) => op === "Div" && inputs[0] === centred)
    ?.outputs[0]
  if (divided === undefined) return null
  const scaled = affineStep(index, divided, "Mul") ?? divided
  return affineStep(index, scaled, "Add") ?? scaled
}

function affineStep(index: GraphIndex, tensor: string, operator: "Mul" | "Add"): string | undefined {
  const readers = readersOf(index, tensor)
  // the only reader: a product with a tensor that others read as well could be a gate
  if (readers.length !== 1 || readers[0]!.op !== operator) return undefined
  return readers[0]!.outputs[0]
}

const readersOf = ({ graph, readers }: GraphIndex, tensor: string): ReadonlyArray<Node> =>
  (readers.get(tensor) ?? []).map((i) => graph.nodes[i]!).filter((node) => readsOf(node).includes(tensor))

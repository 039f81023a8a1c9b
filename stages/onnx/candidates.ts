/** What of a graph could be taps, for errors that have to say it. */
import type { GraphIndex } from "./graph-index.ts"
import { isAddition, isFusedSumAndNorm, isNorm } from "./operators.ts"

/** Sums of two tensors of the image, or, if there are none, norms; what to say of them in a sentence. */
export function additionsOf({ graph, order }: GraphIndex, dependent: ReadonlySet<string>): string {
  const nodes = order.map((i) => graph.nodes[i]!).filter(({ outputs }) => dependent.has(outputs[0] ?? ""))
  const made = ({ op }: { readonly op: string }, inputs: ReadonlyArray<string>) =>
    (isAddition(op) || isFusedSumAndNorm(op)) && inputs.filter((name) => dependent.has(name)).length > 1
  const sums = nodes.filter((node) => made(node, node.inputs))
  if (sums.length > 0) return `sums are ${listed(sums.map(({ outputs }) => outputs[0]!))}`
  const norms = nodes.filter(({ op }) => isNorm(op))
  if (norms.length > 0)
    return `there are no sums; norms are ${listed(norms.map(({ outputs }) => outputs[0]!))}`
  return "there are neither sums nor norms"
}

export function listed(names: ReadonlyArray<string>): string {
  return names.length <= 12
    ? names.join(", ")
    : `${names.slice(0, 6).join(", ")}, … ${names.slice(-6).join(", ")}`
}

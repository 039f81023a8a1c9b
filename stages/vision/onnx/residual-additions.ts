/** Where a branch is added to the residual stream, and whether that branch is an attention. */
import { type Flow, originPlace } from "./image-flow.ts"
import type { Node } from "./model.ts"
import {
  fusedSumOutput,
  isAddition,
  isFusedAttention,
  isFusedSumAndNorm,
  productOperands
} from "./operators.ts"

export interface ResidualAddition {
  readonly node: Node
  /** of the node, in the flow */
  readonly place: number
  /** the operand that is the stream: what the branch started from */
  readonly skip: string
  /** the result before any norm; null where a fused node does not give it out */
  readonly sum: string | null
  readonly isAttention: boolean
}

/** In the flow's order. */
export function residualAdditions(flow: Flow): ReadonlyArray<ResidualAddition> {
  return flow.nodes.flatMap((node, place) => {
    const isFused = isFusedSumAndNorm(node.op)
    if (!flow.cut[place] || !(isFused || isAddition(node.op))) return []
    const operands = addends(flow, isFused ? node.inputs.slice(0, 2) : node.inputs)
    const skips = operands.filter((name) => isCutTensor(flow, name))
    if (operands.length < 2 || skips.length !== 1) return []
    const [skip] = skips as [string]
    const branch = flow.nodes.slice(originPlace(flow, skip)! + 1, place)
    return {
      node,
      place,
      skip,
      sum: (isFused ? node.outputs[fusedSumOutput] : node.outputs[0]) || null,
      isAttention: branch.some((step) => attends(flow, step))
    }
  })
}

function isCutTensor(flow: Flow, tensor: string): boolean {
  const at = originPlace(flow, tensor)
  return at !== undefined && flow.cut[at]!
}

/** Operands that depend on the image. Parallel blocks write (x + attention) + mlp: nested sums are flattened. */
function addends(flow: Flow, operands: ReadonlyArray<string>, depth = 0): ReadonlyArray<string> {
  return operands.flatMap((name) => {
    const at = flow.place.get(name)
    if (at === undefined) return []
    const { op, inputs } = flow.nodes[at]!
    const isNested = depth < 4 && !flow.cut[at] && isAddition(op)
    if (isNested && inputs.filter(flow.dependsOnImage).length > 1) return addends(flow, inputs, depth + 1)
    return name
  })
}

/** A softmax, a fused attention, or a product of two tensors of the image (a linear attention has no softmax). */
function attends({ graph, dependsOnImage }: Flow, { op, inputs }: Node): boolean {
  if (op === "Softmax" || isFusedAttention(op)) return true
  return (
    productOperands[op]?.every((i) => {
      const name = inputs[i]
      return name !== undefined && dependsOnImage(name) && !graph.initializers.has(name)
    }) ?? false
  )
}

/** Finds where branches are added to the residual stream, and which of them are attention. */
import { own } from "../../src/support/own.ts"
import { type Flow, originPlace } from "./image-flow.ts"
import type { OnnxNode } from "./model.ts"
import {
  fusedBiasInput,
  fusedSumOutput,
  isAddition,
  isFusedAttention,
  isFusedSumAndNorm,
  productOperands
} from "./operators.ts"
import { readsOf } from "./graph-index.ts"

export interface ResidualAddition {
  readonly node: OnnxNode
  /** position of the node in the flow */
  readonly place: number
  /** the operand that is the stream, where the branch started */
  readonly skip: string
  /** the result before any norm; null if a fused node does not output it */
  readonly sum: string | null
  /** addends that depend on the image: one, or a parallel attention and MLP */
  readonly branches: ReadonlyArray<Branch>
  /** other addends: biases in a fused node or a sum of several */
  readonly constants: ReadonlyArray<string>
  readonly isAttention: boolean
}

/** In the flow's order. */
export function residualAdditions(flow: Flow): ReadonlyArray<ResidualAddition> {
  return flow.nodes.flatMap((node, place) => {
    const isFused = isFusedSumAndNorm(node.op)
    if (!flow.cut[place] || !(isFused || isAddition(node.op))) return []
    const operands = operandsOf(node)
    const leaves = addends(flow, operands).filter((name) => flow.place.has(name))
    const skips = leaves.filter((name) => isCutTensor(flow, name))
    if (leaves.length < 2 || skips.length !== 1) return []
    const [skip] = skips as [string]
    const from = originPlace(flow, skip)!
    const added = addedTo(skip, operands, (nested) => addends(flow, nested))
    const branches = added
      .filter((name) => flow.place.has(name))
      .map((tensor) => ({
        tensor,
        isAttention: nodesOf(flow, tensor, from).some((step) => attends(flow, step))
      }))
    return {
      node,
      place,
      skip,
      sum: (isFused ? node.outputs[fusedSumOutput] : node.outputs[0]) || null,
      branches,
      constants: added.filter((name) => !flow.place.has(name)),
      isAttention: branches.some(({ isAttention }) => isAttention)
    }
  })
}

/** Everything that a node adds up, including a fused node's bias. */
function operandsOf({ op, inputs }: OnnxNode): ReadonlyArray<string> {
  if (!isFusedSumAndNorm(op)) return inputs
  const bias = inputs[own(fusedBiasInput, op)!]
  return bias === undefined || bias === "" ? inputs.slice(0, 2) : [...inputs.slice(0, 2), bias]
}

function isCutTensor(flow: Flow, tensor: string): boolean {
  const at = originPlace(flow, tensor)
  return at !== undefined && flow.cut[at]!
}

/**
 * Parallel blocks compute (x + attention) + mlp, so nested sums of several image tensors are flattened. Each sum is
 * flattened once: sums that read each other repeatedly would have exponentially many addends.
 */
function addends(
  flow: Flow,
  operands: ReadonlyArray<string>,
  depth = 0,
  flattened = new Set<number>()
): ReadonlyArray<string> {
  return operands.flatMap((name) => {
    const at = flow.place.get(name)
    if (at === undefined) return [name]
    const { op, inputs } = flow.nodes[at]!
    const isNested = depth < 4 && !flow.cut[at] && isAddition(op) && !flattened.has(at)
    if (!isNested || inputs.filter(flow.dependsOnImage).length < 2) return [name]
    flattened.add(at)
    return addends(flow, inputs, depth + 1, flattened)
  })
}

/** A softmax, a fused attention, or a product of two tensors of the image (a linear attention has no softmax). */
function attends({ graph, dependsOnImage }: Flow, { op, inputs }: OnnxNode): boolean {
  if (op === "Softmax" || isFusedAttention(op)) return true
  return (
    own(productOperands, op)?.every((i) => {
      const name = inputs[i]
      return name !== undefined && dependsOnImage(name) && !graph.initializers.has(name)
    }) ?? false
  )
}

interface Branch {
  readonly tensor: string
  readonly isAttention: boolean
}

/**
 * The other operands. If the skip is an operand itself, the others stay whole, even if they are sums; if it is in a
 * nested sum (parallel blocks), that sum is taken apart.
 */
function addedTo(
  skip: string,
  operands: ReadonlyArray<string>,
  flatten: (operands: ReadonlyArray<string>) => ReadonlyArray<string>
): ReadonlyArray<string> {
  return (operands.includes(skip) ? operands : flatten(operands)).filter((name) => name !== skip)
}

/** The nodes after position `from` in the flow that contribute to a tensor. */
function nodesOf(flow: Flow, tensor: string, from: number): ReadonlyArray<OnnxNode> {
  const places = new Set<number>()
  const pending = [tensor]
  while (pending.length > 0) {
    const at = flow.place.get(pending.pop()!)
    if (at === undefined || at <= from || places.has(at)) continue
    places.add(at)
    pending.push(...readsOf(flow.nodes[at]!))
  }
  return [...places].map((at) => flow.nodes[at]!)
}

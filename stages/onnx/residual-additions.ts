/** Where a branch is added to the residual stream, and whether that branch is an attention. */
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
  /** of the node, in the flow */
  readonly place: number
  /** the operand that is the stream: what the branch started from */
  readonly skip: string
  /** the result before any norm; null where a fused node does not give it out */
  readonly sum: string | null
  /** what is added to the skip and depends on the image: one, or an attention and an MLP that are parallel */
  readonly branches: ReadonlyArray<Branch>
  /** what is added besides: biases that a fused node or a sum of several takes */
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

/** All that a node adds up, a fused node's bias too. */
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
 * Parallel blocks write (x + attention) + mlp: nested sums of several tensors of the image are flattened. Each is
 * flattened once: sums that read each other many times over would have more addends than there is time.
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
 * The other operands. Where the skip is an operand itself they are left as they are, whatever sums they are of; where
 * it is in a nested sum (parallel blocks), that sum is taken apart.
 */
function addedTo(
  skip: string,
  operands: ReadonlyArray<string>,
  flatten: (operands: ReadonlyArray<string>) => ReadonlyArray<string>
): ReadonlyArray<string> {
  return (operands.includes(skip) ? operands : flatten(operands)).filter((name) => name !== skip)
}

/** The nodes that make a tensor, of those behind the place `from` in the flow. */
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

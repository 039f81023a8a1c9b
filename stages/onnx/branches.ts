/** What a residual addition adds to the stream. */
import { readsOf } from "./graph-index.ts"
import type { Flow } from "./image-flow.ts"
import type { Node } from "./model.ts"

export interface Branch {
  readonly tensor: string
  readonly isAttention: boolean
}

/**
 * The other operands. Where the skip is an operand itself they are left as they are, whatever sums they are of; where
 * it is in a nested sum (parallel blocks), that sum is taken apart.
 */
export function addedTo(
  skip: string,
  operands: ReadonlyArray<string>,
  flatten: (operands: ReadonlyArray<string>) => ReadonlyArray<string>
): ReadonlyArray<string> {
  return (operands.includes(skip) ? operands : flatten(operands)).filter((name) => name !== skip)
}

/** The nodes that make a tensor, of those behind the place `from` in the flow. */
export function nodesOf(flow: Flow, tensor: string, from: number): ReadonlyArray<Node> {
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

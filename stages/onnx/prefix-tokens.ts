/** Tokens that are parameters, put before or behind those of the image; and positions, which say how many there are. */
import type { GraphIndex } from "./graph-index.ts"
import type { Flow } from "./image-flow.ts"
import { isAddition } from "./operators.ts"
import { parameterDims } from "./parameter-dims.ts"

interface Concatenated {
  /** class token, registers; null where their number cannot be read off the weights */
  readonly before: number | null
  /** YOLOS' detection tokens; null likewise */
  readonly behind: number | null
}

/** What does not depend on the image and is concatenated to what does, by the nodes before place `end`. */
function concatenated(index: GraphIndex, { nodes, dependsOnImage }: Flow, end: number, width: number) {
  const sum: { -readonly [K in keyof Concatenated]: Concatenated[K] } = { before: 0, behind: 0 }
  for (const { op, inputs } of nodes.slice(0, end)) {
    if (op !== "Concat") continue
    const last = inputs.findLastIndex(dependsOnImage)
    for (const [i, name] of inputs.entries()) {
      if (dependsOnImage(name)) continue
      const side = i < last ? "before" : "behind"
      const dims = parameterDims(index, name)
      // [width], [tokens, width] or [copies, tokens, width]: a fixed batch's copies may be folded in
      const tokens = dims?.at(-1) === width ? (dims.at(-2) ?? 1) : null
      sum[side] = tokens === null || sum[side] === null ? null : sum[side] + tokens
    }
  }
  return sum as Concatenated
}

/**
 * The number of tokens before the patches (class token, registers): what is concatenated before tokens of the image
 * and does not depend on it. Null where its size cannot be read off the weights.
 *
 * @param end the place in the flow where the stream begins
 * @param width the hidden size
 */
export const concatenatedPrefix = (
  index: GraphIndex,
  flow: Flow,
  end: number,
  width: number
): number | null => concatenated(index, flow, end + 1, width).before

/**
 * The number of patches that the position embedding is for: the length of what is added to the tokens before the
 * stream begins, less the tokens that are no patches by then. Null where none is added, or its length is computed (it
 * is interpolated, or cut to the image's size).
 */
export function positionedPatches(index: GraphIndex, flow: Flow, end: number, width: number): number | null {
  for (const [place, { op, inputs }] of flow.nodes.slice(0, end + 1).entries()) {
    if (!isAddition(op)) continue
    for (const name of inputs) {
      if (flow.dependsOnImage(name)) continue
      const dims = parameterDims(index, name)
      // [tokens, width] or [copies, tokens, width]; one row is a bias, or the class token's position
      const tokens = dims?.at(-1) === width && dims.length <= 3 ? (dims.at(-2) ?? 1) : 1
      if (tokens === 1) continue
      const { before, behind } = concatenated(index, flow, place, width)
      return before === null || behind === null ? null : tokens - before - behind
    }
  }
  return null
}

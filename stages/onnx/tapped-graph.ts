/** The additions to a graph that make its taps outputs under their stable names. */
import { elementTypeOf } from "./tensor-facts.ts"
import { indexGraph, type GraphIndex } from "./graph-index.ts"
import { imageInput } from "./image-flow.ts"
import type { Dimension, Model } from "./model.ts"
import { refuseRandom } from "./nondeterministic.ts"
import { OnnxError } from "./onnx-error.ts"
import { FLOAT, sumNodes } from "./patch.ts"
import type { PartialDescription } from "./describe.ts"
import { type GraphParts, node, tensorInfo } from "./writer.ts"
import type { Tap } from "./tap.ts"

/**
 * Nodes that give each tap its name, as float32, and typed outputs, because tools other than onnxruntime
 * (`onnx.checker`) require types. Unknown shapes are declared as [batch, tokens, width], or [batch, width] for
 * `pooled`.
 *
 * @throws {OnnxError} the graph already has a tensor with a tap's name, or a tap depends on random numbers
 */
export function namedOutputs(
  model: Model,
  description: PartialDescription,
  taps: ReadonlyArray<Tap>
): GraphParts {
  const index = indexGraph(model.graph)
  refuseRandom(index, taps)
  const shapeOf = shapes(model, description)
  const nodes: Array<Uint8Array> = []
  const outputs: Array<Uint8Array> = []
  for (const tap of taps) {
    if (isTaken(index, tap.name)) {
      throw new OnnxError(
        `the graph already has a tensor "${tap.name}", the name of a tap: the model may be tapped already`
      )
    }
    if (tap.sumOf !== undefined) nodes.push(...sumNodes(tap.sumOf, tap.tensor))
    const isFloat = elementTypeOf(index, tap.sumOf?.[0] ?? tap.tensor) === "float32"
    nodes.push(
      isFloat ? node("Identity", [tap.tensor], tap.name) : node("Cast", [tap.tensor], tap.name, { to: FLOAT })
    )
    outputs.push(tensorInfo(tap.name, "float32", shapeOf(tap)))
  }
  return { nodes, inputs: [], outputs }
}

const isTaken = ({ graph, producer }: GraphIndex, name: string): boolean =>
  producer.has(name) || graph.initializers.has(name) || graph.inputs.some((input) => input.name === name)

function shapes({ graph }: Model, { input, patch, prefixTokens, width: hidden }: PartialDescription) {
  const batch = imageInput(graph).dims[0] ?? "batch"
  const tokens =
    input.height === null || input.width === null || prefixTokens === null
      ? "tokens"
      : prefixTokens + Math.floor(input.height / patch.height) * Math.floor(input.width / patch.width)
  const width = hidden ?? "width"
  return ({ name, tensor }: Tap): ReadonlyArray<Dimension> => {
    const known =
      graph.valueInfo.get(tensor)?.dims ?? graph.outputs.find((info) => info.name === tensor)?.dims
    return known ?? (name === "pooled" ? [batch, width] : [batch, tokens, width])
  }
}

import type { GraphIndex } from "./graph-index.ts"
import { type ElementType, elementTypes } from "./model.ts"

const isFloat = (type: ElementType | undefined): type is ElementType =>
  type === "float32" || type === "float16" || type === "bfloat16" || type === "float64"

/**
 * The floating-point type of a tensor: as declared, or that of the weights which made it. Exporters often declare
 * outputs alone, but a sum has the type of its addends, and at the end of that chain is a weight or a cast.
 */
export function elementTypeOf({ graph, producer }: GraphIndex, tensor: string): ElementType {
  const declared = [...graph.outputs, ...graph.inputs]
  for (let name = tensor, steps = 0; steps < graph.nodes.length; steps++) {
    const type = declared.find((info) => info.name === name) ?? graph.valueInfo.get(name)
    if (isFloat(type?.elementType)) return type.elementType
    const weight = graph.initializers.get(name)
    if (isFloat(weight?.elementType)) return weight.elementType
    const i = producer.get(name)
    if (i === undefined) break
    const { op, inputs, integers } = graph.nodes[i]!
    if (op === "Cast") return elementTypes[integers.get("to")?.[0] ?? 0] ?? "undefined"
    const weights = inputs.map((input) => graph.initializers.get(input)?.elementType)
    const float = weights.find(isFloat)
    if (float !== undefined) return float
    name = inputs[0]!
  }
  return "float32"
}

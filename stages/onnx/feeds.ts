/** What a model has to be given. */
import { imageInput } from "./image-flow.ts"
import type { OnnxGraph } from "./model.ts"
import { weightsInput } from "./patch.ts"

/**
 * Why images are not all that a model needs, or cannot be what it takes; empty if it can be run.
 *
 * @throws {OnnxError} no input takes images
 */
export function reasonsNotRun(graph: OnnxGraph): ReadonlyArray<string> {
  const { name: image, elementType } = imageInput(graph)
  const reasons: Array<string> = []
  if (elementType !== "float32" && elementType !== "float16") {
    reasons.push(
      `its input ${image} takes ${elementType}: export it with float32 or float16 inputs (weights may stay as they are)`
    )
  }
  const others = graph.inputs.filter(
    ({ name }) => name !== image && name !== weightsInput && !graph.initializers.has(name)
  )
  if (others.length > 0) {
    const names = others.map(({ name }) => name).join(", ")
    reasons.push(`it also needs ${names}: export the vision encoder alone`)
  }
  return reasons
}

/** Detects taps with values that differ from run to run. */
import { type GraphIndex, readsOf } from "./graph-index.ts"
import type { OnnxNode } from "./model.ts"
import { OnnxError } from "./onnx-error.ts"
import { readsOnlyShape } from "./operators.ts"
import type { Tap } from "./tap.ts"

/**
 * Operators that draw random numbers. A `seed` does not help: the runtime's generator continues from image to image.
 *
 * Source: https://onnx.ai/onnx/operators/
 */
const draws = new Set([
  "RandomUniform",
  "RandomNormal",
  "RandomUniformLike",
  "RandomNormalLike",
  "Multinomial",
  "Bernoulli"
])

/**
 * Which tap depends on random numbers, and which node draws them; null if none does. Bodies of If and Loop are not
 * checked.
 */
export function reasonRandom(index: GraphIndex, taps: ReadonlyArray<Tap>): string | null {
  const seen = new Set<number>()
  for (const { name, tensor, sumOf } of taps) {
    const node = firstRandom(index, sumOf ?? [tensor], seen)
    if (node === null) continue
    const label = node.name === "" ? node.outputs[0]! : node.name
    return `the tap ${name} depends on random numbers (${node.op}, node ${label}), so its values differ from run to run: export the encoder in evaluation mode and without random masking, or choose other taps`
  }
  return null
}

/** @throws {OnnxError} a tap depends on random numbers */
export function refuseRandom(index: GraphIndex, taps: ReadonlyArray<Tap>): void {
  const reason = reasonRandom(index, taps)
  if (reason !== null) throw new OnnxError(reason)
}

/** @param seen nodes known not to draw or depend on random numbers; visited nodes are added */
function firstRandom(index: GraphIndex, tensors: ReadonlyArray<string>, seen: Set<number>): OnnxNode | null {
  const { graph, producer } = index
  const pending = tensors.map((name) => producer.get(name))
  while (pending.length > 0) {
    const i = pending.pop()
    if (i === undefined || seen.has(i)) continue
    seen.add(i)
    const node = graph.nodes[i]!
    if (draws.has(node.op) || isTraining(index, node)) return node
    // a shape does not depend on the values
    if (readsOnlyShape(node.op)) continue
    for (const name of readsOf(node)) pending.push(producer.get(name))
  }
  return null
}

/** Dropout from opset 12 on: its third input turns it on; the default is off. A computed input may be on. */
function isTraining({ graph, producer }: GraphIndex, { op, inputs }: OnnxNode): boolean {
  const mode = inputs[2] ?? ""
  if (op !== "Dropout" || mode === "") return false
  const maker = producer.get(mode)
  const constant = graph.initializers.get(mode) ?? (maker === undefined ? null : graph.nodes[maker]!.constant)
  return constant?.flag ?? true
}

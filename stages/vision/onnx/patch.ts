/**
 * Makes a model's taps its outputs by a few bytes behind those of its file. Weights are neither read nor moved.
 *
 * With `pool`, each tap [B, T, D] is multiplied in the graph by weights [B, R, T] that come in with the images, so
 * that R vectors an image leave the runtime in place of T.
 */
import { tensorPrefix, namesOf } from "./choose-taps.ts"
import { describeEncoder } from "./describe.ts"
import { elementTypeOf } from "./element-type.ts"
import { type GraphIndex, indexGraph } from "./graph-index.ts"
import { imageInput } from "./image-flow.ts"
import type { Model } from "./model.ts"
import { OnnxError } from "./onnx-error.ts"
import type { Tap } from "./taps.ts"
import { graphPatch, nameOnly, node, tensorInfo } from "./writer.ts"

/** The input that takes pooling weights, float32 [batch, rows, tokens]. */
export const weightsInput = "probeline_weights"

export interface TapOptions {
  /**
   * Give out pooled rows in place of all tokens. Give weights of at least TWO rows: onnxruntime multiplies a single
   * row by another kernel, whose sums differ in their last bits, while from two on a row's result does not depend on
   * its neighbours. Pad with a row of zeros.
   */
  readonly pool?: boolean
}
export interface TappedModel {
  /** to be put behind the model's bytes */
  readonly patch: Uint8Array
  /** tap → the output that holds it, float32 */
  readonly outputs: ReadonlyMap<string, string>
}

/**
 * Taps are named as in `describeEncoder`, or by tensor (`tensor:NAME`). An unpooled tap [B, T, D] is an output
 * under its tensor's name, a pooled one [B, R, D] under `probeline/` and the tap's. `pooled`, which has no tokens, is
 * given out as it is.
 *
 * @throws {OnnxError} no such tap or tensor, or the model is patched already
 */
export function tapModel(
  model: Model,
  taps: ReadonlyArray<string>,
  { pool = false }: TapOptions = {}
): TappedModel {
  const index = indexGraph(model.graph)
  if (pool && model.graph.inputs.some(({ name }) => name === weightsInput)) {
    throw new OnnxError(`the model has an input ${weightsInput} already: tap the model as it was exported`)
  }
  const nodes: Array<Uint8Array> = []
  const outputs = new Map<string, string>()
  // an output must not be declared twice
  const declared = new Set(model.graph.outputs.map(({ name }) => name))
  const added: Array<Uint8Array> = []
  for (const tap of resolveTaps(model, index, taps)) {
    if (outputs.has(tap.name)) continue
    if (tap.sumOf !== undefined) nodes.push(...sumNodes(tap.sumOf, tap.tensor))
    let output = tap.tensor
    if (elementTypeOf(index, tap.sumOf?.[0] ?? tap.tensor) !== "float32") {
      nodes.push(node("Cast", [output], `probeline/float32/${tap.name}`, { to: FLOAT }))
      output = `probeline/float32/${tap.name}`
    }
    if (pool && tap.name !== "pooled") {
      nodes.push(node("MatMul", [weightsInput, output], `probeline/${tap.name}`))
      output = `probeline/${tap.name}`
    }
    outputs.set(tap.name, output)
    if (declared.has(output)) continue
    declared.add(output)
    added.push(nameOnly(output))
  }
  const inputs = pool ? [weightsInfo(model)] : []
  return { patch: graphPatch({ nodes, inputs, outputs: added }), outputs }
}

const FLOAT = 1

/** The structure is looked at only where a name needs it: taps by tensor work with any model. */
function resolveTaps(
  model: Model,
  { producer }: GraphIndex,
  names: ReadonlyArray<string>
): ReadonlyArray<Tap> {
  if (names.length === 0) throw new OnnxError("no taps are chosen")
  let known: ReadonlyArray<Tap> | null = null
  return names.map((name) => {
    if (name.startsWith(tensorPrefix)) {
      const tensor = name.slice(tensorPrefix.length)
      if (producer.has(tensor)) return { name, tensor }
      throw new OnnxError(`no node of the graph makes a tensor "${tensor}"`)
    }
    known ??= describeEncoder(model).taps
    const tap = known.find((tap) => tap.name === name)
    if (tap === undefined) throw new OnnxError(`there is no tap "${name}": there are ${namesOf(known)}`)
    return tap
  })
}

/** Additions one by one, in the order of the fused node. */
function sumNodes([first, ...rest]: ReadonlyArray<string>, sum: string): ReadonlyArray<Uint8Array> {
  let left = first!
  return rest.map((right, k) => {
    const output = k === rest.length - 1 ? sum : `${sum}/${k}`
    const bytes = node("Add", [left, right], output)
    left = output
    return bytes
  })
}

function weightsInfo({ graph }: Model): Uint8Array {
  const [batch] = imageInput(graph).dims
  return tensorInfo(weightsInput, "float32", [batch ?? null, "probeline_rows", "probeline_tokens"])
}

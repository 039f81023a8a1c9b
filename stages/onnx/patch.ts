/**
 * Turns a model's taps into outputs by appending a few bytes to its file. Weights are neither read nor moved.
 *
 * With `pool`, the graph multiplies each tap [B, T, D] by weights [B, R, T] that are passed in with the images, so
 * that R instead of T vectors per image leave the runtime.
 */
import { describeEncoder } from "./describe.ts"
import { type GraphIndex, indexGraph, type Needed, neededFor } from "./graph-index.ts"
import { imageInput } from "./image-flow.ts"
import type { Model } from "./model.ts"
import { refuseRandom } from "./nondeterministic.ts"
import { followingGraph, OnnxError } from "./onnx-error.ts"
import { tensorsWithTokens } from "./stream-taps.ts"
import { type Tap, namesOf, tensorPrefix } from "./tap.ts"
import { elementTypeOf, rankOf } from "./tensor-facts.ts"
import { graphPatch, nameOnly, node, tensorInfo } from "./writer.ts"

/** The input that takes pooling weights, float32 [batch, rows, tokens]. */
export const weightsInput = "probeline_weights"

export interface TapOptions {
  /**
   * Output pooled rows instead of all tokens. Pass weights of at least TWO rows: for a single row onnxruntime uses
   * another kernel, with sums that differ in their last bits; from two on, a row's result does not depend on its
   * neighbours. Pad with a row of zeros.
   */
  readonly pool?: boolean
  /**
   * Make outputs of all residual-stream tensors that the taps depend on, and of those that lose a reader with the
   * omitted nodes. Otherwise a tap's last bits would depend on the choice of other taps, because onnxruntime fuses a
   * sum with the norm after it if nothing else reads the sum. Callers need not fetch these outputs.
   */
  readonly pinStream?: boolean
  /** The model's taps, if its structure does not reveal them. */
  readonly known?: ReadonlyArray<Tap> | null
}
export interface TappedModel {
  /** to be appended to the model's bytes */
  readonly patch: Uint8Array
  /** tap → the output that holds it, float32 */
  readonly outputs: ReadonlyMap<string, string>
  /** the part of the graph that the taps depend on: the rest, such as a head, may be omitted with its outputs */
  readonly needed: Needed
}

/**
 * Taps are named as in `describeEncoder`, or by tensor (`tensor:NAME`). An unpooled tap [B, T, D] is an output under
 * its tensor's name; a pooled one [B, R, D] is named `probeline/` plus the tap's name. Tensors of two dimensions
 * (`pooled`, `image_embeds`) have no tokens and are output unchanged.
 *
 * @throws {OnnxError} no such tap or tensor; a tap that depends on random numbers; a tap to be pooled that has
 *   neither two nor three dimensions; or the model is already patched
 */
export const tapModel = (model: Model, taps: ReadonlyArray<string>, options: TapOptions = {}): TappedModel =>
  followingGraph(() => tapped(model, taps, options))

function tapped(
  model: Model,
  taps: ReadonlyArray<string>,
  { pool = false, pinStream = false, known = null }: TapOptions
): TappedModel {
  const index = indexGraph(model.graph)
  if (pool && model.graph.inputs.some(({ name }) => name === weightsInput)) {
    throw new OnnxError(`the model already has an input ${weightsInput}: tap the original export`)
  }
  const nodes: Array<Uint8Array> = []
  const outputs = new Map<string, string>()
  // an output must not be declared twice
  const declared = new Set(model.graph.outputs.map(({ name }) => name))
  const added: Array<Uint8Array> = []
  const declare = (output: string) => {
    if (declared.has(output)) return
    declared.add(output)
    added.push(nameOnly(output))
  }
  const { chosen, stream } = resolveTaps(model, index, taps, known)
  refuseRandom(index, chosen)
  for (const tap of chosen) {
    if (outputs.has(tap.name)) continue
    if (tap.sumOf !== undefined) nodes.push(...sumNodes(tap.sumOf, tap.tensor))
    let output = tap.tensor
    if (elementTypeOf(index, tap.sumOf?.[0] ?? tap.tensor) !== "float32") {
      nodes.push(node("Cast", [output], `probeline/float32/${tap.name}`, { to: FLOAT }))
      output = `probeline/float32/${tap.name}`
    }
    if (pool && hasTokens(index, tap, stream)) {
      nodes.push(node("MatMul", [weightsInput, output], `probeline/${tap.name}`))
      output = `probeline/${tap.name}`
    }
    outputs.set(tap.name, output)
    declare(output)
  }
  const needed = neededFor(
    index,
    chosen.flatMap(({ tensor, sumOf }) => sumOf ?? tensor)
  )
  if (pinStream) {
    // a sum that is already fused in the file stays fused
    for (const { tensor, sumOf } of stream) if (sumOf === undefined && needed.has(tensor)) declare(tensor)
    for (const tensor of needed.severed) declare(tensor)
  }
  const inputs = pool ? [weightsInfo(model)] : []
  return { patch: graphPatch({ nodes, inputs, outputs: added }), outputs, needed }
}

/** If neither the graph nor the tap's name tells, assume [batch, tokens, width], as in the whole stream. */
function hasTokens(index: GraphIndex, { name, tensor, sumOf }: Tap, stream: ReadonlyArray<Tap>): boolean {
  const rank = rankOf(index, sumOf?.[0] ?? tensor, tensorsWithTokens(stream)) ?? (name === "pooled" ? 2 : 3)
  if (rank === 2 || rank === 3) return rank === 3
  throw new OnnxError(
    `the tap ${name} has ${rank} dimensions; it must be [batch, tokens, width] (pooled) or [batch, width]`
  )
}

/** TensorProto.DataType */
export const FLOAT = 1

/** Adds one by one, in the order of the fused node. */
export function sumNodes([first, ...rest]: ReadonlyArray<string>, sum: string): ReadonlyArray<Uint8Array> {
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

export interface ResolvedTaps {
  readonly chosen: ReadonlyArray<Tap>
  /** all taps of the model; empty if it is not a vision transformer and taps are given by tensor */
  readonly stream: ReadonlyArray<Tap>
}

/**
 * @param known the model's taps, if its structure does not reveal them
 * @throws {OnnxError} no such tap or tensor, no taps at all, or a named tap of a model that is not a vision
 *   transformer
 */
export function resolveTaps(
  model: Model,
  { producer }: GraphIndex,
  names: ReadonlyArray<string>,
  known: ReadonlyArray<Tap> | null = null
): ResolvedTaps {
  if (names.length === 0) throw new OnnxError("no taps are chosen")
  const byTensorAlone = names.every((name) => name.startsWith(tensorPrefix))
  const stream = known ?? streamOf(model, byTensorAlone)
  const chosen = names.map((name) => {
    if (name.startsWith(tensorPrefix)) {
      const tensor = name.slice(tensorPrefix.length)
      if (producer.has(tensor)) return { name, tensor }
      throw new OnnxError(`no node of the graph produces a tensor "${tensor}"`)
    }
    const tap = stream.find((tap) => tap.name === name)
    if (tap === undefined) throw new OnnxError(`there is no tap "${name}"; the taps are ${namesOf(stream)}`)
    return tap
  })
  return { chosen, stream }
}

function streamOf(model: Model, byTensorAlone: boolean): ReadonlyArray<Tap> {
  try {
    return describeEncoder(model).taps
  } catch (error) {
    if (byTensorAlone && error instanceof OnnxError) return []
    throw error
  }
}

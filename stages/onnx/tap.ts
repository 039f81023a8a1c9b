/** Taps: intermediate tensors of an encoder that can become outputs, selected by name. */
import { alternatives, matcher, splitPatterns } from "../tables/name-patterns.ts"
import { OnnxError } from "./onnx-error.ts"

/** A tensor that can become an output. */
export interface Tap {
  /** see `streamTaps`; `pooled`, or `tensor:NAME` */
  readonly name: string
  readonly tensor: string
  /** if the graph has no such tensor, as in fused nodes: the tensors that sum to `tensor` */
  readonly sumOf?: ReadonlyArray<string>
}

/** The prefix of a tap that is given by its tensor's name. */
export const tensorPrefix = "tensor:"

/**
 * The taps that match names or patterns, separated by commas, in the encoder's order; taps given by tensor name come
 * last. `*` matches anything but a dot, `{6,9,11}` any entry of the list: `embed,block.{6,9,11}.resid_post`.
 *
 * @throws {OnnxError} a pattern, or an alternative in braces, that matches no tap; or no tap at all
 */
export function chooseTaps(taps: ReadonlyArray<Tap>, patterns: string): ReadonlyArray<Tap> {
  const chosen = new Set<string>()
  const byTensor: Array<Tap> = []
  for (const pattern of splitPatterns(patterns)) {
    if (pattern.startsWith(tensorPrefix)) {
      if (!byTensor.some(({ name }) => name === pattern)) {
        byTensor.push({ name: pattern, tensor: pattern.slice(tensorPrefix.length) })
      }
      continue
    }
    for (const one of alternatives(pattern)) {
      const matches = matcher(one)
      const found = taps.filter(({ name }) => matches.test(name))
      if (found.length === 0) throw new OnnxError(`no tap matches "${one}"; the taps are ${namesOf(taps)}`)
      for (const { name } of found) chosen.add(name)
    }
  }
  if (chosen.size + byTensor.length === 0) {
    throw new OnnxError(`no taps are chosen; the taps are ${namesOf(taps)}`)
  }
  return [...taps.filter(({ name }) => chosen.has(name)), ...byTensor]
}

export const namesOf = (taps: ReadonlyArray<Tap>): string => taps.map(({ name }) => name).join(", ")

/** Taps: intermediate tensors of an encoder that can be made outputs, and how they are chosen by name. */
import { OnnxError } from "./onnx-error.ts"

/** A tensor that can be made an output. */
export interface Tap {
  /** see `streamTaps`; `pooled`, or `tensor:NAME` */
  readonly name: string
  readonly tensor: string
  /** where the graph has no such tensor, as in fused nodes: what to add to have it under the name of `tensor` */
  readonly sumOf?: ReadonlyArray<string>
}

/** What a tap that is given by its tensor's name begins with. */
export const tensorPrefix = "tensor:"

/**
 * The taps that match names or patterns, joined by commas, in the encoder's order; those given by tensor name come
 * last. `*` stands for anything but a dot, `{6,9,11}` for one of a list: `embed,block.{6,9,11}.resid_post`.
 *
 * @throws {OnnxError} a pattern, or one of a list in braces, that matches no tap; or none at all
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
      if (found.length === 0) throw new OnnxError(`no tap matches "${one}": there are ${namesOf(taps)}`)
      for (const { name } of found) chosen.add(name)
    }
  }
  if (chosen.size + byTensor.length === 0) {
    throw new OnnxError(`no taps are chosen: there are ${namesOf(taps)}`)
  }
  return [...taps.filter(({ name }) => chosen.has(name)), ...byTensor]
}

export const namesOf = (taps: ReadonlyArray<Tap>): string => taps.map(({ name }) => name).join(", ")

/** At commas outside of braces. A tensor's name may hold anything but a comma. */
const splitPatterns = (patterns: string): ReadonlyArray<string> =>
  (patterns.match(/(?:\{[^}]*\}|[^,])+/g) ?? []).map((pattern) => pattern.trim()).filter((p) => p !== "")

/** `block.{1,9}.resid_post` is two patterns, each of which has to match: nothing that was asked for is left out in silence. */
function alternatives(pattern: string): ReadonlyArray<string> {
  const braces = /^(.*?)\{([^}]*)\}(.*)$/.exec(pattern)
  if (braces === null) return [pattern]
  const [, before, list, after] = braces as unknown as readonly [string, string, string, string]
  return list.split(",").flatMap((option) => alternatives(`${before}${option.trim()}${after}`))
}

/** Stars are found first; all else is literal. */
const matcher = (pattern: string): RegExp => {
  const source = pattern.replace(/\*|[^*]+/g, (part) => (part === "*" ? "[^.]*" : literal(part)))
  return new RegExp(`^${source}$`)
}
const literal = (text: string): string => text.replace(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`)

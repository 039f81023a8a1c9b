/** Taps: intermediate tensors of an encoder that can become outputs, selected by name. */
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

/** Splits at commas outside braces. A tensor's name may contain anything but a comma. */
const splitPatterns = (patterns: string): ReadonlyArray<string> =>
  (patterns.match(/(?:\{[^}]*\}|[^,])+/g) ?? []).map((pattern) => pattern.trim()).filter((p) => p !== "")

/** `block.{1,9}.resid_post` is two patterns, and each must match: no requested tap is silently left out. */
function alternatives(pattern: string): ReadonlyArray<string> {
  const braces = /^(.*?)\{([^}]*)\}(.*)$/.exec(pattern)
  if (braces === null) return [pattern]
  const [, before, list, after] = braces as unknown as readonly [string, string, string, string]
  return list.split(",").flatMap((option) => alternatives(`${before}${option.trim()}${after}`))
}

/** Stars are replaced; everything else is literal. */
const matcher = (pattern: string): RegExp => {
  const source = pattern.replace(/\*|[^*]+/g, (part) => (part === "*" ? "[^.]*" : literal(part)))
  return new RegExp(`^${source}$`)
}
const literal = (text: string): string => text.replace(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`)

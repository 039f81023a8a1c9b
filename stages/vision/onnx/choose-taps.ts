import { OnnxError } from "./onnx-error.ts"
import type { Tap } from "./taps.ts"

/** What a tap that is given by its tensor's name begins with. */
export const tensorPrefix = "tensor:"

/**
 * The taps that match names or patterns, joined by commas, in the encoder's order; those given by tensor name come
 * last. `*` stands for anything but a dot, `{6,9,11}` for one of a list: `embed,block.{6,9,11}.resid_post`.
 *
 * @throws {OnnxError} a pattern that matches no tap, or none at all
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
    const matches = matcher(pattern)
    const found = taps.filter(({ name }) => matches.test(name))
    if (found.length === 0) throw new OnnxError(`no tap matches "${pattern}": there are ${namesOf(taps)}`)
    for (const { name } of found) chosen.add(name)
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

/** Braces and stars are found first; all else, also inside of braces, is literal. */
const matcher = (pattern: string): RegExp => {
  const source = pattern.replace(/\{([^}]*)\}|\*|[^{*]+|\{/g, (part, list?: string) => {
    if (part === "*") return "[^.]*"
    if (list === undefined) return literal(part)
    return `(?:${list
      .split(",")
      .map((option) => literal(option.trim()))
      .join("|")})`
  })
  return new RegExp(`^${source}$`)
}
const literal = (text: string): string => text.replace(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`)

import type { GraphIndex } from "./graph-index.ts"
import { OnnxError } from "./onnx-error.ts"
import type { Tap } from "./tap.ts"
import { additionsOf } from "./residual-stream.ts"

/** A tap's name and its tensor, or patterns of both, in which `*` matches a number. */
export interface GivenTap {
  readonly name: string
  readonly tensor: string
}

/**
 * Resolves given taps, one per tensor, in the order of computation. `*` in a tensor's name matches any number; the
 * tap's name gets the same number: `block.*.resid_post` from `/encoder/layer.*\/output` is block 3 for layer 3.
 *
 * @param dependent the tensors that depend on the image
 * @throws {OnnxError} an invalid name, a tensor that does not exist or does not depend on the image, a pattern
 *   without a match, or two tensors for one name
 */
export function expandTaps(
  index: GraphIndex,
  dependent: ReadonlySet<string>,
  given: ReadonlyArray<GivenTap>
): ReadonlyArray<Tap> {
  if (given.length === 0) throw new OnnxError("`taps` is empty: leave it out, or give at least one")
  const tensors = index.order
    .flatMap((i) => index.graph.nodes[i]!.outputs)
    .filter((name) => name !== "" && dependent.has(name))
  const place = new Map(tensors.map((name, at) => [name, at]))
  const taps = new Map<string, Tap>()
  for (const { name, tensor } of given.flatMap((tap) => expanded(index, dependent, tensors, tap))) {
    const other = taps.get(name)
    if (other !== undefined && other.tensor !== tensor) {
      throw new OnnxError(`\`taps\` gives two tensors for ${name}: ${other.tensor} and ${tensor}`)
    }
    taps.set(name, { name, tensor })
  }
  return [...taps.values()].toSorted((a, b) => place.get(a.tensor)! - place.get(b.tensor)!)
}

const tapName = /^[A-Za-z0-9_*-]+(?:\.[A-Za-z0-9_*-]+)*$/

function expanded(
  index: GraphIndex,
  dependent: ReadonlySet<string>,
  tensors: ReadonlyArray<string>,
  { name, tensor }: GivenTap
): ReadonlyArray<Tap> {
  if (!tapName.test(name)) {
    throw new OnnxError(
      `\`taps\` has the invalid name "${name}": use letters, digits, - and _, with dots between parts`
    )
  }
  const stars = [count(name), count(tensor)]
  if (stars[0] !== stars[1]) {
    throw new OnnxError(
      `\`taps\` gives "${tensor}" for ${name}: both need the same number of *, but they have ${stars.join(" and ")}`
    )
  }
  if (stars[0] === 0) {
    if (dependent.has(tensor) && index.producer.has(tensor)) return [{ name, tensor }]
    throw new OnnxError(`\`taps\` gives "${tensor}" for ${name}: ${whyNot(index, tensor)}`)
  }
  const pattern = new RegExp(`^${tensor.split("*").map(literal).join("(\\d+)")}$`)
  const matches = tensors.flatMap((made) => {
    const numbers = pattern.exec(made)?.slice(1)
    return numbers === undefined ? [] : [{ name: filled(name, numbers), tensor: made }]
  })
  if (matches.length > 0) return matches
  throw new OnnxError(
    `\`taps\` gives "${tensor}" for ${name}: no tensor that depends on the image matches it (* matches a number); ${additionsOf(index, dependent)}`
  )
}

const count = (text: string): number => text.split("*").length - 1
const literal = (text: string): string => text.replace(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`)

function filled(name: string, numbers: ReadonlyArray<string>): string {
  let next = 0
  return name.replaceAll("*", () => String(Number(numbers[next++])))
}

function whyNot({ producer, graph }: GraphIndex, tensor: string): string {
  if (producer.has(tensor)) return "this tensor does not depend on the image"
  return graph.initializers.has(tensor) ? "this is a weight" : "no node of the graph produces such a tensor"
}

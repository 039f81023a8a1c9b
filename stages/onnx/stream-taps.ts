/**
 * Stable names for the tensors of a residual stream and of what its blocks add: the same for every vision
 * transformer.
 */
import { own } from "../../src/support/own.ts"
import { type GraphIndex, readsOf } from "./graph-index.ts"
import { type Flow, originPlace } from "./image-flow.ts"
import type { OnnxNode } from "./model.ts"
import { fusedBiasInput, isNorm, passesThrough, isAddition } from "./operators.ts"
import type { ResidualAddition } from "./residual-additions.ts"
import type { ResidualStream } from "./residual-stream.ts"
import type { Tap } from "./tap.ts"

const hasTokens = /^(?:embed|block\.\d+\..*|final\.norm)$/

/** The tensors of the taps that are [batch, tokens, width] according to their names. */
export const tensorsWithTokens = (taps: ReadonlyArray<Tap>): ReadonlySet<string> =>
  new Set(taps.filter(({ name }) => hasTokens.test(name)).map(({ tensor }) => tensor))

/** An attention, and the additions up to the next one. */
type Block = ReadonlyArray<ResidualAddition>

/**
 * `embed` enters block 0 (`hidden_states[0]` in transformers), `block.{i}.resid_post` leaves block i
 * (`hidden_states[i + 1]`, without the final norm), `final.norm` is the norm of the last block's output, if there is
 * one for all tokens. Within a block, `attn_out` and `mlp_out` are added to the stream (including bias and
 * LayerScale), and `resid_mid` is the stream before the MLP.
 */
export function streamTaps({ index, flow, additions }: ResidualStream): ReadonlyArray<Tap> {
  const blocks = blocksOf(additions)
  const last = lastState(flow, blocks)
  const taps: Array<Tap> = [{ name: "embed", tensor: blocks[0]![0]!.skip }]
  blocks.forEach((block, i) => {
    const next = blocks[i + 1]?.[0]
    const post = next === undefined ? last : { tensor: next.skip }
    taps.push(
      ...tapsWithin(flow, block, post.tensor).map((tap) => ({ ...tap, name: `block.${i}.${tap.name}` }))
    )
    taps.push({ name: `block.${i}.resid_post`, ...post })
  })
  const { node } = blocks.at(-1)!.at(-1)!
  const norm = isNorm(node.op) ? node.outputs[0]! : normAfter(index, last.tensor)
  if (norm !== null && norm !== last.tensor) taps.push({ name: "final.norm", tensor: norm })
  return taps
}

export function blocksOf(additions: ReadonlyArray<ResidualAddition>): ReadonlyArray<Block> {
  const starts = additions.flatMap(({ isAttention }, k) => (isAttention ? [k] : []))
  return starts.map((from, i) => additions.slice(from, starts[i + 1]))
}

/**
 * The output of the last block. Only its last sum is known, so the output is taken as far after that sum as in the
 * other blocks: after biases that are added last, or after the norm of a post-norm transformer.
 */
function lastState(flow: Flow, blocks: ReadonlyArray<Block>): Omit<Tap, "name"> {
  const last = blocks.at(-1)!.at(-1)!
  const before = blocks.at(-2)?.at(-1)
  if (before !== undefined) {
    const { skip } = blocks.at(-1)![0]!
    const steps = flow.nodes.slice(before.place + 1, originPlace(flow, skip)! + 1)
    const same = flow.nodes.slice(last.place + 1, last.place + 1 + steps.length)
    const isSame = steps.every(({ op }, k) => op === same[k]?.op)
    if (steps.length > 0 && isSame) return { tensor: same.at(-1)!.outputs[0]! }
    // a fused node of a post-norm transformer: the stream is its norm, not its sum
    if (isNorm(before.node.op) && skip === before.node.outputs[0]) return { tensor: last.node.outputs[0]! }
  }
  return last.sum === null ? unfusedSum(last.node) : { tensor: last.sum }
}

function unfusedSum({ op, inputs, outputs }: OnnxNode): Omit<Tap, "name"> {
  const bias = inputs[own(fusedBiasInput, op) ?? -1]
  const sumOf = [inputs[0]!, inputs[1]!, ...(bias === undefined || bias === "" ? [] : [bias])]
  return { tensor: `probeline/sum/${outputs[0]}`, sumOf }
}

/** The output of the norm that reads a tensor, as one node or decomposed; null if there is none. */
function normAfter(index: GraphIndex, tensor: string): string | null {
  const readers = readersOf(index, tensor)
  for (const { op, inputs, outputs } of readers) {
    if (isNorm(op) && inputs[0] === tensor) return outputs[0]!
    if (passesThrough(op)) {
      const behind = normAfter(index, outputs[0]!)
      if (behind !== null) return behind
    }
  }
  return readers.some(({ op }) => op === "ReduceMean") ? writtenOutNorm(index, readers, tensor) : null
}

/** (x − mean) / √(variance + ε) · scale + shift; scale and shift may be missing. */
function writtenOutNorm(index: GraphIndex, readers: ReadonlyArray<OnnxNode>, tensor: string): string | null {
  const centred = readers.find(({ op, inputs }) => op === "Sub" && inputs[0] === tensor)?.outputs[0]
  if (centred === undefined) return null
  const divided = readersOf(index, centred).find(({ op, inputs }) => op === "Div" && inputs[0] === centred)
    ?.outputs[0]
  if (divided === undefined) return null
  const scaled = affineStep(index, divided, "Mul") ?? divided
  return affineStep(index, scaled, "Add") ?? scaled
}

function affineStep(index: GraphIndex, tensor: string, operator: "Mul" | "Add"): string | undefined {
  const readers = readersOf(index, tensor)
  // the only reader: if others read the tensor as well, the product could be a gate
  if (readers.length !== 1 || readers[0]!.op !== operator) return undefined
  return readers[0]!.outputs[0]
}

const readersOf = ({ graph, readers }: GraphIndex, tensor: string): ReadonlyArray<OnnxNode> =>
  (readers.get(tensor) ?? []).map((i) => graph.nodes[i]!).filter((node) => readsOf(node).includes(tensor))

/**
 * `attn_out`, `resid_mid` and `mlp_out`, in this order, as far as they exist: parallel blocks have no `resid_mid`,
 * blocks of more than two additions no `mlp_out`.
 *
 * In pre-norm blocks, `resid_mid` is the block's input plus `attn_out`, and `resid_post` is `resid_mid` plus
 * `mlp_out`; in post-norm blocks this holds before the norm.
 *
 * @param post the block's output
 */
export function tapsWithin(
  flow: Flow,
  [first, second, ...others]: ReadonlyArray<ResidualAddition>,
  post: string
): ReadonlyArray<Tap> {
  if (first === undefined) return []
  if (second === undefined) return parallelTaps(flow, first, post)
  const taps = [
    addendTap("attn_out", first, first.branches, constantsUntil(flow, first, second.skip)),
    { name: "resid_mid", tensor: second.skip }
  ]
  if (others.length > 0) return taps
  return [...taps, addendTap("mlp_out", second, second.branches, constantsUntil(flow, second, post))]
}

/**
 * Attention and MLP are added at once, or there is no MLP. A bias that is added to both cannot be attributed to
 * either.
 */
function parallelTaps(flow: Flow, addition: ResidualAddition, post: string): ReadonlyArray<Tap> {
  const attentions = addition.branches.filter(({ isAttention }) => isAttention)
  const mlps = addition.branches.filter(({ isAttention }) => !isAttention)
  const constants = constantsUntil(flow, addition, post)
  if (mlps.length === 0) return [addendTap("attn_out", addition, attentions, constants)]
  if (constants.length > 0) return []
  return [addendTap("attn_out", addition, attentions, []), addendTap("mlp_out", addition, mlps, [])]
}

function addendTap(
  name: string,
  { node }: ResidualAddition,
  branches: ResidualAddition["branches"],
  constants: ReadonlyArray<string>
): Tap {
  const sumOf = [...branches.map(({ tensor }) => tensor), ...constants]
  if (sumOf.length === 1) return { name, tensor: sumOf[0]! }
  return { name, tensor: `probeline/${name}/${node.outputs[0]}`, sumOf }
}

/** The addition's own constants, and those added after it up to a tensor, if nothing else happens in between. */
function constantsUntil(
  flow: Flow,
  { place, constants }: ResidualAddition,
  tensor: string
): ReadonlyArray<string> {
  const steps = flow.nodes.slice(place + 1, (originPlace(flow, tensor) ?? place) + 1)
  const isLinear = steps.every(({ op }) => isAddition(op) || passesThrough(op))
  if (!isLinear) return constants
  const behind = steps.flatMap(({ op, inputs }) => (isAddition(op) ? inputs : []))
  return [...constants, ...behind.filter((name) => !flow.dependsOnImage(name))]
}

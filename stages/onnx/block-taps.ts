/** What a block adds to the residual stream: the outputs of its attention and of its MLP. */
import { type Flow, originPlace } from "./image-flow.ts"
import { isAddition, passesThrough } from "./operators.ts"
import type { ResidualAddition } from "./residual-additions.ts"
import type { Tap } from "./tap.ts"

/**
 * `attn_out`, `resid_mid` and `mlp_out`, in this order and named so, as far as they are there: parallel blocks have no
 * `resid_mid`, blocks of more than two additions no `mlp_out`.
 *
 * In pre-norm blocks `resid_mid` is what enters the block plus `attn_out`, and `resid_post` is `resid_mid` plus
 * `mlp_out`; in post-norm blocks so before the norm.
 *
 * @param post what leaves the block
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

/** Attention and MLP are added at once, or there is no MLP. Whose a bias is that is added to both is not told. */
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

/** The addition's own constants, and those that are added behind it up to a tensor, if nothing else happens there. */
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

/** Where a tap lies in its encoder. */
import type { MeasureRow } from "../tables/measures.ts"

/** How far a tap of a block lies past the block's input. */
const within: Readonly<Record<string, number>> = { attn_out: 0.5, resid_mid: 0.5, mlp_out: 1, resid_post: 1 }

/**
 * A tap's block, and its depth from 0 (the input of the first block) to 1 (the output of the last). Both are null for a
 * tap that is not of the stream, such as an imported one; the depth is null if the number of blocks is not known.
 */
export function placeOfTap(tap: string, blocks: number | null): Pick<MeasureRow, "layer" | "depth"> {
  if (tap === "embed") return { layer: -1, depth: 0 }
  if (tap === "final.norm" || tap === "pooled") return { layer: null, depth: 1 }
  const [, number, part] = /^block\.(\d{1,6})\.([a-z_]+)$/.exec(tap) ?? []
  const past = Object.hasOwn(within, part ?? "") ? within[part!]! : null
  if (past === null) return { layer: null, depth: null }
  const layer = Number(number)
  return { layer, depth: blocks === null || layer >= blocks ? null : (layer + past) / blocks }
}

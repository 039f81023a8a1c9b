import { expect, it } from "vitest"
import { placeOfTap } from "../../../stages/aggregate/depth.ts"

it.each([
  ["embed", 12, -1, 0],
  ["embed", null, -1, 0],
  ["block.0.resid_post", 12, 0, 1 / 12],
  ["block.11.resid_post", 12, 11, 1],
  ["block.11.mlp_out", 12, 11, 1],
  ["block.5.attn_out", 12, 5, 5.5 / 12],
  ["block.5.resid_mid", 12, 5, 5.5 / 12],
  ["block.5.resid_post", null, 5, null],
  ["block.12.resid_post", 12, 12, null],
  ["final.norm", 12, null, 1],
  ["pooled", null, null, 1],
  ["block.5.toString", 12, null, null],
  ["block.5", 12, null, null],
  ["tensor:/layers.3/add", 12, null, null],
  ["image_embeds", 12, null, null]
])("%s of %s blocks lies in block %s, at depth %s", (tap, blocks, layer, depth) => {
  expect(placeOfTap(tap, blocks)).toEqual({ layer, depth })
})

/** `add-image-mean`: adds the mean of all patches to selected tokens, as a baseline for what an object's tokens know. */
import { defineStage, group, rows } from "../../src/index.ts"
import { noObject } from "../tables/ids.ts"
import { tokenColumns } from "../tables/tokens.ts"
import { averagePatches } from "../tokens/weights.ts"
import { tokenRow } from "../tokens/token-rows.ts"
import { encoderParam, gridIdentity, resolveGrid } from "../vision/encoder.ts"
import { patchCount } from "../vision/grid.ts"

export const addImageMean = defineStage.itemwise("add-image-mean", {
  doc: "the same tokens, and avg_all, the mean of all patches of the image",
  inputs: { tokens: group(tokenColumns) },
  params: { encoder: encoderParam },
  identity: gridIdentity,
  output: rows(tokenColumns),
  rowKey: ["selection", "task", "source", "object", "token"],
  open: ({ encoder }) => resolveGrid(encoder),
  compute: (items, { resource: grid }) => {
    const patches = Array.from({ length: patchCount(grid) }, (_, patch) => patch)
    const mean = tokenRow(
      { selection: null, task: null },
      "image",
      noObject,
      "avg_all",
      averagePatches(grid, patches)
    )
    // a scene without objects to ask about needs no tokens at all
    return items.map(({ tokens }) =>
      tokens.length === 0
        ? []
        : [
            ...tokens.map(({ source, object, token, ...row }) => tokenRow(row, source, object, token, row)),
            mean
          ]
    )
  }
})

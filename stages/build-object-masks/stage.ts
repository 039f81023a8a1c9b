/** `build-object-masks`: computes how much of each patch of an encoder's token grid each object covers. */
import { defineStage, each, failed, param, rows } from "../../src/index.ts"
import { noObject } from "../tables/ids.ts"
import { maskColumns, type MaskRow, selections } from "../tables/masks.ts"
import { pickColumns } from "../tables/readers.ts"
import { sceneColumns } from "../tables/scenes.ts"
import { encoderParam, gridIdentity, resolveEncoderFile } from "../vision/encoder.ts"
import { geometryOf } from "../vision/geometry.ts"
import { maskOf } from "../vision/mask.ts"
import { type Mask, unionOf } from "../vision/rle.ts"
import { maskLosses } from "./losses.ts"
import { rulesOf } from "./rules.ts"

export const buildObjectMasks = defineStage.itemwise("build-object-masks", {
  doc: "the patches that every object covers, crowds included, and every category with several objects",
  inputs: {
    scenes: each(pickColumns(sceneColumns, "height", "width", "objects"))
  },
  params: {
    encoder: encoderParam,
    selections: param.list(param.choice(selections), {
      default: ["aligned"],
      doc: "how masks become patches. aligned: area covered, through the encoder's resize and crop; centre: the pixel at the patch's centre, through resize and crop; as-published: whole-image nearest resize, ignoring the crop"
    }),
    grid: param.maybe(param.int({ min: 1 }), {
      doc: "as-published: side of the grid that the mask is resized to, if not the encoder's; its positions, row by row, then count as the encoder's patches (14 reproduces the published clip-large)"
    })
  },
  identity: async (params, world) => {
    const identity = await gridIdentity(params, world)
    rulesOf(params, identity.encoder.grid)
    return identity
  },
  output: rows(maskColumns),
  rowKey: ["selection", "object", "category", "patch"],
  losses: ({ output, inputs, params }) => maskLosses(output, inputs.scenes, params.selections),
  open: async (params) => {
    const { grid, preprocessing } = await resolveEncoderFile(params.encoder)
    return { preprocessing, rules: rulesOf(params, grid) }
  },
  compute: (items, { resource: { preprocessing, rules } }) =>
    items.map(({ id: scene, scenes: { height, width, objects } }) => {
      const geometry = geometryOf(preprocessing, height, width)
      const byCategory = new Map<string, Array<Mask>>()
      const masks: Array<readonly [object: number, category: string, mask: Mask]> = []
      for (const [object, { category, segmentation }] of objects.entries())
        try {
          const mask = maskOf(segmentation, height, width)
          masks.push([object, category, mask])
          const parts = byCategory.get(category)
          if (parts === undefined) byCategory.set(category, [mask])
          else parts.push(mask)
        } catch (error) {
          return failed(`object ${object} (${category}) of scene ${scene}: ${(error as Error).message}`)
        }
      for (const [category, parts] of byCategory)
        if (parts.length > 1) masks.push([noObject, category, unionOf(parts)])
      return rules.flatMap(({ selection, coverage }) =>
        masks.flatMap(([object, category, mask]) => {
          const found: Array<MaskRow> = []
          for (const [patch, share] of coverage(mask, geometry).entries())
            if (share > 0) found.push({ selection, object, category, patch, coverage: share })
          return found
        })
      )
    })
})

/** `build-object-masks`: computes how much of each patch of an encoder's token grid each object covers. */
import { defineStage, each, failed, param, rows } from "../../src/index.ts"
import { noObject, objectId } from "../tables/ids.ts"
import { maskColumns, type MaskRow } from "../tables/masks.ts"
import { eachRow, following, pickColumns, rowsBy } from "../tables/readers.ts"
import { sceneColumns, type SceneObject } from "../tables/scenes.ts"
import { centrePixelCoverage, coverageOf } from "../vision/coverage.ts"
import { encoderParam, gridIdentity, resolveEncoderFile } from "../vision/encoder.ts"
import { geometryOf } from "../vision/geometry.ts"
import { maskOf } from "../vision/mask.ts"
import { type Mask, unionOf } from "../vision/rle.ts"

export const buildObjectMasks = defineStage.itemwise("build-object-masks", {
  doc: "per-patch coverage of every object, including crowds, mapped through the encoder's own resize and crop",
  inputs: {
    scenes: each(pickColumns(sceneColumns, "height", "width", "objects", "primary", "secondary"))
  },
  params: {
    encoder: encoderParam,
    mode: param.choice(["aligned", "as-published"], {
      default: "aligned",
      doc: "aligned: exact coverage through the geometry; as-published: whole-image nearest resize, centre pixel, ignoring the crop"
    })
  },
  identity: gridIdentity,
  output: rows(maskColumns),
  losses: async function* ({ output, inputs, params }) {
    yield { what: "objects", reason: null, count: 0 }
    const isDone = following(output.items())
    const covered = rowsBy(output, "object")
    const reason =
      params.mode === "aligned"
        ? "it covers no patch: the encoder's crop leaves it out, or its mask is empty"
        : "it covers the centre of no patch"
    for await (const { scene, objects } of eachRow(inputs.scenes, "objects")) {
      const having = new Set((await covered.of(scene)).object)
      if (!(await isDone.of(scene))) continue
      for (const index of (objects as ReadonlyArray<SceneObject>).keys())
        yield having.has(index)
          ? { what: "objects", reason: null }
          : { what: "objects", reason, examples: [objectId(scene, index)] }
    }
    await Promise.all([isDone.end(), covered.end()])
  },
  open: ({ encoder }) => resolveEncoderFile(encoder),
  compute: (items, { params, resource: { grid, preprocessing } }) =>
    items.map(({ id: scene, scenes }) => {
      const geometry = geometryOf(preprocessing, scenes.height, scenes.width)
      const rowsOf = (object: number, category: string, mask: Mask): ReadonlyArray<MaskRow> => {
        const coverage =
          params.mode === "aligned" ? coverageOf(mask, geometry, grid) : centrePixelCoverage(mask, grid)
        return [...coverage.entries()]
          .filter(([, share]) => share > 0)
          .map(([patch, share]) => ({ object, category, patch, coverage: share }))
      }
      const masks: Array<Mask> = []
      for (const [object, { category, segmentation }] of scenes.objects.entries())
        try {
          masks.push(maskOf(segmentation, scenes.height, scenes.width))
        } catch (error) {
          return failed(`object ${object} (${category}) of scene ${scene}: ${(error as Error).message}`)
        }
      const pair = [scenes.primary, scenes.secondary].filter((category) => category !== null)
      return [
        ...scenes.objects.flatMap(({ category }, object) => rowsOf(object, category, masks[object]!)),
        ...pair.flatMap((category) => {
          const parts = masks.filter((_, object) => scenes.objects[object]!.category === category)
          return parts.length === 0 ? [] : rowsOf(noObject, category, unionOf(parts))
        })
      ]
    })
})

/** `select-tokens`: turns masks into weight vectors over an encoder's tokens, item by item. */
import { defineStage, each, group, type Random, param, rows } from "../../src/index.ts"
import { noObject } from "../tables/ids.ts"
import { maskColumns, type MaskRow } from "../tables/masks.ts"
import { pickColumns } from "../tables/readers.ts"
import { sceneColumns, type SceneObject } from "../tables/scenes.ts"
import { tokenColumns, type TokenRow } from "../tables/tokens.ts"
import { encoderParam, gridIdentity, resolveGrid } from "../vision/encoder.ts"
import { patchCount, type TokenGrid } from "../vision/grid.ts"
import { objectLosses, pairLosses } from "./losses.ts"
import {
  averageObject,
  background,
  type Coverage,
  oneHot,
  patchesOf,
  randomAnywhere,
  randomOf,
  type Weights
} from "./weights.ts"

export const selectTokens = defineStage.itemwise("select-tokens", {
  doc: "weight vectors over an encoder's tokens: which tokens represent which object",
  inputs: {
    masks: group(maskColumns),
    scenes: each(pickColumns(sceneColumns, "objects", "primary", "secondary"))
  },
  params: {
    encoder: encoderParam,
    of: param.choice(["objects", "pair", "all"], {
      default: "objects",
      doc: "objects: every non-crowd object; pair: the union of the primary and of the secondary category; all: every token"
    }),
    threshold: param.number({
      default: 0.5,
      min: 0,
      max: 1,
      doc: "the least coverage at which a patch belongs to an object"
    }),
    seed: param.int({ default: 0, doc: "seed of random_obj, random and background" })
  },
  identity: gridIdentity,
  output: rows(tokenColumns),
  losses: ({ output, inputs, params }) =>
    params.of === "all"
      ? []
      : params.of === "pair"
        ? pairLosses(output, inputs.scenes, params.threshold)
        : objectLosses(output, inputs, params.threshold),
  open: ({ encoder }) => resolveGrid(encoder),
  compute: (items, { params, resource: grid }, context) =>
    items.map(({ id: scene, masks, scenes }) => {
      const random = (...labels: ReadonlyArray<string | number>) => context.random(scene, ...labels)
      if (params.of === "all") return allTokens(grid)
      if (params.of === "pair") {
        const unions = coverageBy(masks, (mask) => (mask.object === noObject ? mask.category : null))
        return pairTokens(grid, unions, scenes, params.threshold, random)
      }
      const objects = coverageBy(masks, (mask) => (mask.object === noObject ? null : mask.object))
      return objectTokens(grid, objects, scenes.objects, params.threshold, random)
    })
})

type Draw = (...labels: ReadonlyArray<string | number>) => Random
const row = (source: string, object: number, token: string, { indices, weights }: Weights): TokenRow => ({
  source,
  object,
  token,
  indices,
  weights
})

/** Token 0 is the class token, unless the encoder has none: then it is a register or a patch. */
const classToken = (grid: TokenGrid) => (grid.classToken ? [row("image", noObject, "cls", oneHot(0))] : [])

const allTokens = (grid: TokenGrid) =>
  Array.from({ length: grid.prefix + patchCount(grid) }, (_, token) =>
    row("image", noObject, "token", oneHot(token))
  )

/** Coverage by object; unions of a category have no object (`noObject`) and are found by category. */
function coverageBy<K>(
  masks: ReadonlyArray<MaskRow>,
  keyOf: (mask: MaskRow) => K | null
): ReadonlyMap<K, Coverage> {
  const all = new Map<K, Map<number, number>>()
  for (const mask of masks) {
    const key = keyOf(mask)
    if (key === null) continue
    const of = all.get(key) ?? new Map<number, number>()
    of.set(mask.patch, mask.coverage)
    all.set(key, of)
  }
  return all
}

function tokensOf(
  grid: TokenGrid,
  source: string,
  object: number,
  coverage: Coverage,
  threshold: number,
  draw: Draw
) {
  const patches = patchesOf(coverage, threshold)
  if (patches.length === 0) return []
  return [
    row(source, object, "avg_obj", averageObject(grid, coverage, patches)),
    row(source, object, "random_obj", randomOf(grid, patches, draw("random_obj", source, object))),
    row(source, object, "random", randomAnywhere(grid, draw("random", source, object)))
  ]
}

function objectTokens(
  grid: TokenGrid,
  coverage: ReadonlyMap<number, Coverage>,
  objects: ReadonlyArray<SceneObject>,
  threshold: number,
  draw: Draw
) {
  const selected = objects.flatMap((object, index) =>
    object.crowd ? [] : tokensOf(grid, "object", index, coverage.get(index) ?? new Map(), threshold, draw)
  )
  // a scene without objects to ask about needs no tokens at all
  return selected.length === 0 ? [] : [...classToken(grid), ...selected]
}

function pairTokens(
  grid: TokenGrid,
  unions: ReadonlyMap<string, Coverage>,
  scene: { readonly primary: string | null; readonly secondary: string | null },
  threshold: number,
  draw: Draw
) {
  const union = (category: string | null): Coverage => unions.get(category ?? "") ?? new Map()
  const [primary, secondary] = [union(scene.primary), union(scene.secondary)]
  const tokens = [
    ...tokensOf(grid, "primary", noObject, primary, threshold, draw),
    ...tokensOf(grid, "secondary", noObject, secondary, threshold, draw)
  ]
  const [ofPrimary, ofSecondary] = [patchesOf(primary, threshold), patchesOf(secondary, threshold)]
  // ask about both objects or neither, so that all cells cover the same scenes
  if (ofPrimary.length === 0 || ofSecondary.length === 0) return []
  const covered = [...primary.keys(), ...secondary.keys()]
  const off = background(grid, covered, ofSecondary.length, draw("background"))
  return [
    ...classToken(grid),
    ...tokens,
    ...(off === null ? [] : [row("background", noObject, "background", off)])
  ]
}

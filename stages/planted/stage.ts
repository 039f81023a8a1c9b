/**
 * `planted`: activations whose truth is known, in place of an encoder's, to test what is built on them; and
 * `planted-examples`, what they are asked.
 */
import {
  column,
  defineStage,
  normal,
  param,
  type Random,
  rows,
  seededRandom,
  table,
  whole
} from "../../src/index.ts"
import { activationColumns } from "../tables/activations.ts"
import { exampleColumns } from "../tables/examples.ts"
import { noObject } from "../tables/ids.ts"
import type { MaskRow } from "../tables/masks.ts"
import { comparisons } from "../tables/questions.ts"
import type { TokenRow } from "../tables/tokens.ts"
import { pairRows } from "../tokens/pair-rows.ts"
import { classToken } from "../tokens/token-rows.ts"
import {
  fewestFeatures,
  plantedGrid,
  type PlantedScene,
  plantedScene,
  rotated,
  rotation,
  worldNames
} from "./world.ts"

/** The task of every planted scene. */
const task = "planted"
/** The tap that the world's formula describes; `embed` is noise, and constant in CLS. */
export const plantedTap = "block.0.resid_post"

export const planted = defineStage.source("planted", {
  doc: "activations whose accuracies are known by formula (docs/measures.md), for testing measures",
  item: "scene",
  params: {
    world: param.choice(worldNames, {
      doc: `what the tokens know: ${worldNames.join(", ")} (docs/measures.md)`
    }),
    scenes: param.int({ default: 400, min: 1, doc: "scenes, each an image of its own" }),
    width: param.int({ default: 16, min: fewestFeatures, doc: "features of a token" }),
    seed: param.int({ default: 0 })
  },
  output: rows({
    ...activationColumns,
    /** the answers */
    primary: column.utf8(),
    secondary: column.utf8()
  }),
  rowKey: ["selection", "task", "source", "object", "token"],
  compute: async function* ({ world, scenes, width, seed }, _world, context) {
    const q = rotation(width, seededRandom(seed, "planted rotation"))
    for (let i = 0; i < scenes; i++) {
      if (i % 64 === 0) {
        context.signal.throwIfAborted()
        context.progress(i, scenes)
      }
      const id = String(i).padStart(5, "0")
      const random = seededRandom(seed, "planted", i)
      const scene = plantedScene(world, width, random)
      const { primary, secondary } = scene
      yield {
        id,
        rows: tokensOf(scene, (...labels) => seededRandom(seed, "planted tokens", i, ...labels)).map(
          ({ indices, weights, ...name }) => ({
            ...name,
            encoder_digest: null,
            blocks: 1,
            primary,
            secondary,
            activation: {
              embed:
                name.token === "cls" ? new Float32Array(width).fill(0.25) : noise(width, weights, random),
              [plantedTap]: Float32Array.from(rotated(pooled(scene, width, indices, weights), q))
            }
          })
        )
      }
    }
  }
})

/** The tokens that `select-tokens` would choose, with every comparison. */
function tokensOf(
  scene: PlantedScene,
  draw: (...labels: ReadonlyArray<string | number>) => Random
): ReadonlyArray<TokenRow> {
  const mask = (category: string, object: number, patches: ReadonlyArray<number>) =>
    patches.map((patch): MaskRow => ({ selection: "aligned", object, category, patch, coverage: 1 }))
  const masks = [...mask(scene.primary, 0, scene.ofPrimary), ...mask(scene.secondary, 1, scene.ofSecondary)]
  const context = { grid: plantedGrid, threshold: 0.5, selection: "aligned", task, draw }
  return [...classToken(plantedGrid), ...pairRows(context, masks, scene, comparisons)]
}

function pooled(
  { tokens }: PlantedScene,
  width: number,
  indices: ReadonlyArray<number>,
  weights: ReadonlyArray<number>
): Float64Array {
  const sum = new Float64Array(width)
  for (const [k, token] of indices.entries())
    for (let j = 0; j < width; j++) sum[j]! += weights[k]! * tokens[token]![j]!
  return sum
}

/** What pooling leaves of patches that know nothing. */
function noise(width: number, weights: ReadonlyArray<number>, random: Random): Float32Array {
  const scale = Math.sqrt(weights.reduce((sum, weight) => sum + weight * weight, 0))
  return Float32Array.from({ length: width }, () => scale * normal(random))
}

export const plantedExamples = defineStage.whole("planted-examples", {
  doc: "what planted activations are asked: the primary and the secondary category of every scene",
  inputs: { planted: whole({ primary: column.utf8(), secondary: column.utf8() }) },
  output: table(exampleColumns),
  rowKey: ["scene", "target"],
  compute: async function* ({ planted }) {
    let last = ""
    for await (const { item, primary, secondary } of planted.batches("primary", "secondary"))
      for (const [i, scene] of item.entries()) {
        if (scene === last) continue
        last = scene
        const common = {
          encoder: null,
          selection: null,
          scene,
          image_group: scene,
          object: noObject,
          task,
          cell: `${primary[i]} × ${secondary[i]}`,
          left_out: null,
          lacks: []
        }
        yield { ...common, target: "primary", label: primary[i]! }
        yield { ...common, target: "secondary", label: secondary[i]! }
      }
  }
})

/**
 * The preprocessing of well-known checkpoints, as in their `preprocessor_config.json` on the hub. Prefer a
 * checkpoint's own file if there is one (`preprocessor-config.ts`): DINO's and BLIP's exist in two revisions.
 *
 * Short names (`clip`, `clip-large`, `blip`) are the encoders of the paper, arXiv 2406.09067; the others are named
 * after their checkpoints.
 */

import type { Preprocessing } from "./preprocessing.ts"
import { clipMean, clipStd, halves, imagenetMean, imagenetStd } from "./processor-classes.ts"

const exact = (edge: number): Preprocessing["resize"] => ({ kind: "exact", height: edge, width: edge })
const shortestEdge = (edge: number): Preprocessing["resize"] => ({ kind: "shortest-edge", edge })
const square = (edge: number): Preprocessing["crop"] => ({ height: edge, width: edge })

const rescale = 1 / 255
/** for processors that convert to RGB themselves: CLIP's, BLIP's and Bit's, which DINOv2 uses */
const alpha = "white"
const clipColours = { resample: "bicubic", rescale, mean: clipMean, std: clipStd } as const
const clip = (edge: number): Preprocessing => ({
  alpha,
  resize: shortestEdge(edge),
  crop: square(edge),
  ...clipColours
})
const blip: Preprocessing = { alpha, resize: exact(384), crop: null, ...clipColours }
const dinov2: Preprocessing = {
  alpha,
  resize: shortestEdge(256),
  crop: square(224),
  resample: "bicubic",
  rescale,
  mean: imagenetMean,
  std: imagenetStd
}

export const presets = {
  /** google/vit-base-patch16-224 and -in21k */
  vit: { resize: exact(224), crop: null, resample: "bilinear", rescale, mean: halves, std: halves },
  /** openai/clip-vit-base-patch16 */
  clip: clip(224),
  "clip-base-16": clip(224),
  /** openai/clip-vit-base-patch32 */
  "clip-base-32": clip(224),
  /** openai/clip-vit-large-patch14-336, the paper's CLIP-L */
  "clip-large": clip(336),
  /** openai/clip-vit-large-patch14 */
  "clip-large-14": clip(224),
  "clip-large-14-336": clip(336),
  /** Salesforce/blip-image-captioning-base, blip-itm-base-coco */
  blip,
  "blip-base": blip,
  /** Salesforce/blip-image-captioning-large */
  "blip-large": blip,
  /** facebook/flava-full, its image encoder; the crop removes nothing */
  flava: { resize: exact(224), crop: square(224), ...clipColours },
  /** facebook/dino-vitb16, since the revision of 2021-08-25 */
  dino: {
    resize: exact(224),
    crop: null,
    resample: "bilinear",
    rescale,
    mean: imagenetMean,
    std: imagenetStd
  },
  /** facebook/dinov2-small, -base, -large */
  dinov2,
  /** facebook/dinov2-with-registers-small, -base, -large */
  "dinov2-registers": dinov2
} as const satisfies Record<string, Preprocessing>

export type PresetName = keyof typeof presets

/** Patch size in pixels of the checkpoints that the presets are named after (`patch_size`). */
export const patchOfPreset: Readonly<Record<PresetName, number>> = {
  vit: 16,
  clip: 16,
  "clip-base-16": 16,
  "clip-base-32": 32,
  "clip-large": 14,
  "clip-large-14": 14,
  "clip-large-14-336": 14,
  blip: 16,
  "blip-base": 16,
  "blip-large": 16,
  flava: 16,
  dino: 16,
  dinov2: 14,
  "dinov2-registers": 14
}

export const presetNames = Object.keys(presets) as ReadonlyArray<PresetName>

/** @throws {RangeError} there is no preset with this name; the message lists the known ones */
export function presetOf(name: string): Preprocessing {
  if (Object.hasOwn(presets, name)) return presets[name as PresetName]
  throw new RangeError(`no preset is called "${name}": choose one of ${presetNames.join(", ")}`)
}

/** The encoders of arXiv 2406.09067, once for all pipelines. Export each to `<key>/model.onnx` in one folder. */
import { file, type FileRef } from "probeline"
import { onnx } from "probeline/stages"

interface PaperEncoder {
  /** its name in the published results, in tables, and its folder */
  readonly key: string
  readonly checkpoint: string
  /** whether its preprocessing cuts off parts of the image, which the published masks ignore */
  readonly crops: boolean
  /** side of the grid of tokens */
  readonly grid: number
  /** transformer blocks, or the stages of a CNN, and the number by which the published results name the first */
  readonly blocks: number
  readonly firstLayer: number
  /** a layer's tap, with `*` for its number from 0 */
  readonly tap: string
  /** width of the last block */
  readonly width: number
}

const transformer = { firstLayer: 0, tap: "block.*.resid_post" } as const
const base = { ...transformer, blocks: 12, width: 768 } as const
const large = { ...transformer, blocks: 24, width: 1024 } as const

/** Those that can be run: each with the preset of its preprocessing, for exports without their own. */
export const visionTransformers = [
  {
    ...base,
    key: "vit",
    checkpoint: "google/vit-base-patch16-224-in21k",
    preset: "vit",
    crops: false,
    grid: 14
  },
  {
    ...base,
    key: "clip",
    checkpoint: "openai/clip-vit-base-patch16",
    preset: "clip",
    crops: true,
    grid: 14
  },
  {
    ...large,
    key: "clip-large",
    checkpoint: "openai/clip-vit-large-patch14-336",
    preset: "clip-large",
    crops: true,
    grid: 24,
    /** the published code laid masks of 14 × 14 on this grid of 24 × 24 */
    publishedGrid: 14
  },
  {
    ...base,
    key: "blip",
    checkpoint: "Salesforce/blip-image-captioning-base",
    preset: "blip",
    crops: false,
    grid: 24
  },
  {
    ...large,
    key: "blip-large",
    checkpoint: "Salesforce/blip-image-captioning-large",
    preset: "blip-large",
    crops: false,
    grid: 24
  },
  {
    ...base,
    key: "flava",
    // its image encoder
    checkpoint: "facebook/flava-full",
    preset: "flava",
    crops: false,
    grid: 14
  },
  { ...base, key: "dino", checkpoint: "facebook/dino-vitb16", preset: "dino", crops: false, grid: 14 },
  { ...base, key: "dinov2", checkpoint: "facebook/dinov2-base", preset: "dinov2", crops: true, grid: 16 }
] as const satisfies ReadonlyArray<
  PaperEncoder & { readonly preset: string; readonly publishedGrid?: number }
>

/** All nine. RN50x4 is a CNN: its numbers are a reference, and it cannot be run. */
export const paperEncoders: ReadonlyArray<PaperEncoder> = [
  ...visionTransformers,
  {
    key: "rn50x4",
    checkpoint: "CLIP RN50x4 (OpenAI)",
    crops: true,
    grid: 9,
    blocks: 4,
    firstLayer: 1,
    tap: "stage.*",
    width: 2560
  }
]

export type EncoderKey = (typeof visionTransformers)[number]["key"]
export const encoderKeys = visionTransformers.map(({ key }) => key)

/**
 * Some of the encoders, in `<key>/model.onnx` of a folder, in the paper's order; after each, `random` encoders of its
 * architecture with initial weights, in `<key>-random-<i>`.
 */
export const encodersIn = (folder: FileRef, keys: ReadonlyArray<EncoderKey>, random = 0) =>
  visionTransformers
    .filter(({ key }) => keys.includes(key))
    .flatMap((one) =>
      [one.key, ...Array.from({ length: random }, (_, i) => `${one.key}-random-${i}`)].map(
        (name: string, i) => ({
          name,
          isRandom: i > 0,
          publishedGrid: "publishedGrid" in one ? one.publishedGrid : null,
          encoder: onnx(file(`${folder.path}/${name}/model.onnx`), one.preset)
        })
      )
    )

/** What `published-results` knows of all nine. */
export const publishedEncoders = paperEncoders.map(({ key, blocks, firstLayer, tap }) => ({
  key,
  blocks,
  firstLayer,
  tap
}))

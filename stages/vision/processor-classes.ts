/**
 * The defaults of Hugging Face's image processor classes, for settings that a preprocessor_config.json omits.
 *
 * Source: the class attributes in transformers 5.23, models/<family>/image_processing_<family>.py.
 */

import type { Preprocessing } from "./preprocessing.ts"

type Triple = readonly [number, number, number]

/** `OPENAI_CLIP_MEAN` … of transformers' utils/constants.py */
export const clipMean: Triple = [0.48145466, 0.4578275, 0.40821073]
export const clipStd: Triple = [0.26862954, 0.26130258, 0.27577711]
/** `IMAGENET_DEFAULT_MEAN` … */
export const imagenetMean: Triple = [0.485, 0.456, 0.406]
export const imagenetStd: Triple = [0.229, 0.224, 0.225]
/** `IMAGENET_STANDARD_MEAN` and `IMAGENET_STANDARD_STD` are both this */
export const halves: Triple = [0.5, 0.5, 0.5]

export interface ProcessorClass {
  /** whether a bare integer `size` means a square or the shortest edge (`default_to_square`) */
  readonly squareSize: boolean
  /** the class's defaults, by the settings' names in the file */
  readonly defaults: Readonly<Record<string, unknown>>
  /** settings of the class that do not affect the encoder's image, as patterns */
  readonly irrelevant?: RegExp
}

const always = {
  do_convert_rgb: false, // `PilBackend` has no default: a processor that keeps it so accepts only RGB images
  do_resize: true,
  do_center_crop: false,
  do_rescale: true,
  rescale_factor: 1 / 255,
  do_normalize: true
}
const resampleCode = { nearest: 0, lanczos: 1, bilinear: 2, bicubic: 3 } satisfies Record<
  Preprocessing["resample"],
  number
>

/** PIL's `Image.Resampling`; box (4) and hamming (5) are not supported. */
export const resampleOfCode: ReadonlyMap<unknown, Preprocessing["resample"]> = new Map(
  Object.entries(resampleCode).map(([name, code]) => [code, name as Preprocessing["resample"]])
)

const square = (edge: number) => ({ height: edge, width: edge })
const { bilinear, bicubic } = resampleCode
const asClip: ProcessorClass = {
  squareSize: false,
  defaults: {
    ...always,
    do_convert_rgb: true,
    size: { shortest_edge: 224 },
    do_center_crop: true,
    crop_size: square(224),
    resample: bicubic,
    image_mean: clipMean,
    image_std: clipStd
  }
}
const asVit: ProcessorClass = {
  squareSize: true,
  defaults: { ...always, size: square(224), resample: bilinear, image_mean: halves, image_std: halves }
}

/** By family: `CLIP` stands for CLIPImageProcessor, CLIPImageProcessorFast and CLIPFeatureExtractor. */
export const processorClasses: ReadonlyMap<string, ProcessorClass> = new Map<string, ProcessorClass>([
  ["ViT", asVit],
  ["CLIP", asClip],
  ["Bit", asClip],
  [
    "Blip",
    {
      squareSize: true,
      defaults: {
        ...always,
        do_convert_rgb: true,
        size: square(384),
        resample: bicubic,
        image_mean: clipMean,
        image_std: clipStd
      },
      irrelevant: /^size_divisor$/ // padding
    }
  ],
  [
    "Flava",
    {
      squareSize: true,
      defaults: { ...asClip.defaults, do_convert_rgb: false, size: square(224) },
      // its second image, for the codebook, and its masked-image pre-training
      irrelevant: /^(codebook_|mask_group_|total_mask_patches$|input_size_patches$|return_)/
    }
  ],
  [
    "DeiT",
    {
      squareSize: true,
      defaults: {
        ...asVit.defaults,
        size: square(256),
        do_center_crop: true,
        crop_size: square(224),
        resample: bicubic
      }
    }
  ],
  [
    "Beit",
    {
      squareSize: true,
      defaults: { ...asVit.defaults, crop_size: square(224), resample: bicubic },
      irrelevant: /^(do_)?reduce_labels$/ // segmentation maps
    }
  ],
  ["Siglip", { squareSize: false, defaults: { ...asVit.defaults, do_convert_rgb: true, resample: bicubic } }]
])

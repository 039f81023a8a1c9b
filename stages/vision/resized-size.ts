/** Sizes and offsets of Hugging Face's `resize` and `center_crop`, in whole pixels, and of torchvision's crop. */

import type { CropRounding, Preprocessing } from "./preprocessing.ts"

export interface Size {
  readonly height: number
  readonly width: number
}

/**
 * The size after the resize, before the crop. With `shortest-edge` the longer edge is truncated, not rounded:
 * `int(edge · long / short)`, as in `get_resize_output_image_size` of transformers' image_transforms.py.
 */
export function resizedSize({ resize }: Pick<Preprocessing, "resize">, height: number, width: number): Size {
  if (resize === null) return { height, width }
  if (resize.kind === "exact") return { height: resize.height, width: resize.width }
  const { edge } = resize
  return width <= height
    ? { height: Math.trunc((edge * height) / width), width: edge }
    : { height: edge, width: Math.trunc((edge * width) / height) }
}

/**
 * Where a centre crop of `cropped` pixels starts in `size` pixels, following `center_crop` in transformers'
 * image_transforms.py: floor((size − cropped) / 2). Negative if the image is smaller: then it is padded with zeros,
 * with the larger half of an odd remainder first.
 */
export function cropStart(size: number, cropped: number, rounding?: CropRounding): number {
  return rounding === "half-even" ? torchvisionStart(size, cropped) : Math.floor((size - cropped) / 2)
}

/**
 * `center_crop` in torchvision's transforms/functional.py: Python's round, which rounds halves to even; padding puts
 * the smaller half of an odd remainder first.
 */
function torchvisionStart(size: number, cropped: number): number {
  const cut = size - cropped
  const down = Math.floor(cut / 2)
  if (cut < 0) return 0 - Math.floor(-cut / 2) // not −0
  return cut % 2 === 1 && down % 2 === 1 ? down + 1 : down
}

/** The size of an encoder's input. It depends on the image only without a crop and without an exact resize. */
export function preprocessedSize(preprocessing: Preprocessing, height: number, width: number): Size {
  return preprocessing.crop ?? resizedSize(preprocessing, height, width)
}

/** Sizes and offsets of Hugging Face's `resize` and `center_crop`, in whole pixels. */

import type { Preprocessing } from "./preprocessing.ts"

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
 * Where a centre crop of `cropped` pixels starts in `size` pixels, after `center_crop` of transformers'
 * image_transforms.py: floor((size − cropped) / 2). Negative where the image is smaller: it is padded with zeros,
 * the larger half of an odd remainder before it.
 */
export function cropStart(size: number, cropped: number): number {
  return Math.floor((size - cropped) / 2)
}

/** The size of an encoder's input. It depends on the image only without a crop and an exact resize. */
export function preprocessedSize(preprocessing: Preprocessing, height: number, width: number): Size {
  return preprocessing.crop ?? resizedSize(preprocessing, height, width)
}

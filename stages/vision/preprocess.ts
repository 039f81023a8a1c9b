/**
 * Converts pixels to an encoder's input tensor like Hugging Face's image processors (their PIL backend:
 * `PilBackend._preprocess` in transformers' image_processing_backends.py): resize, centre crop, rescale, normalise.
 * Bit-identical under Pillow 13, for pixels that are already RGB (`preprocessing.alpha` is for `decodeImage`).
 * docs/models.md compares this with their torchvision backend: mostly no difference, and up to 12 levels of 255 where
 * Pillow 13 swaps its passes (`resample.ts`).
 */

import type { Image } from "./image.ts"
import type { Preprocessing } from "./preprocessing.ts"
import { resample } from "./resample.ts"
import { cropStart, preprocessedSize, resizedSize, type Size } from "./resized-size.ts"

/** An encoder's input for one image. */
export interface Preprocessed extends Size {
  /** [3, height, width], row-major: red, green, blue planes */
  readonly data: Float32Array
}

/** @throws {RangeError} the number of the image's bytes is not height × width × 3 */
export function preprocess(image: Image, preprocessing: Preprocessing): Preprocessed {
  const { height, width } = preprocessedSize(preprocessing, image.height, image.width)
  const data = new Float32Array(3 * height * width)
  preprocessInto(image, preprocessing, data, 0)
  return { data, height, width }
}

/**
 * Writes [3, height, width] values into `target` starting at `offset`, so that a batch [n, 3, height, width] needs no
 * copies; returns height and width (`preprocessedSize` gives them in advance).
 *
 * @throws {RangeError} `target` is too short
 */
export function preprocessInto(
  image: Image,
  preprocessing: Preprocessing,
  target: Float32Array,
  offset: number
): Size {
  const { height, width } = preprocessedSize(preprocessing, image.height, image.width)
  const plane = height * width
  if (offset < 0 || offset + 3 * plane > target.length) {
    throw new RangeError(
      `preprocess: 3 × ${height} × ${width} values from ${offset} on do not fit into ${target.length}`
    )
  }
  const { pixels, top, left } = resizedAndCropped(image, preprocessing)
  const values = [0, 1, 2].map((channel) => valuesOfLevels(preprocessing, channel))
  if (pixels.height < height || pixels.width < width) {
    // padding is zero pixels, before normalisation
    for (const [channel, value] of values.entries()) {
      const start = offset + channel * plane
      target.fill(value[0]!, start, start + plane)
    }
  }
  const [reds, greens, blues] = values as [Float32Array, Float32Array, Float32Array]
  const { data } = pixels
  for (let y = 0, from = 0; y < pixels.height; y++) {
    const start = offset + (top + y) * width + left
    for (let red = start; red < start + pixels.width; red++, from += 3) {
      target[red] = reds[data[from]!]!
      target[red + plane] = greens[data[from + 1]!]!
      target[red + 2 * plane] = blues[data[from + 2]!]!
    }
  }
  return { height, width }
}

/**
 * The pixels that remain after resize and crop, and their position in the input tensor (other than at 0, 0: padding).
 */
function resizedAndCropped(
  image: Image,
  preprocessing: Preprocessing
): { pixels: Image; top: number; left: number } {
  const resized = resizedSize(preprocessing, image.height, image.width)
  const crop = preprocessing.crop ?? resized
  const top = cropStart(resized.height, crop.height, preprocessing.cropRounding)
  const left = cropStart(resized.width, crop.width, preprocessing.cropRounding)
  const window = {
    top: Math.max(0, top),
    left: Math.max(0, left),
    height: Math.min(crop.height, resized.height),
    width: Math.min(crop.width, resized.width)
  }
  const pixels = resample(image, resized.height, resized.width, preprocessing.resample, window)
  return { pixels, top: Math.max(0, -top), left: Math.max(0, -left) }
}

/**
 * The normalised value of each level 0 … 255, rounded like `rescale` and `normalize` in transformers'
 * image_transforms.py: the product in float64, rounded to float32; then (value − mean) / std in float32.
 */
function valuesOfLevels({ rescale, mean, std }: Preprocessing, channel: number): Float32Array {
  const m = Math.fround(mean[channel]!)
  const s = Math.fround(std[channel]!)
  const values = new Float32Array(256)
  for (let level = 0; level < 256; level++) values[level] = Math.fround(Math.fround(level * rescale) - m) / s
  return values
}

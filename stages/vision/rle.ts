/**
 * Binary masks as COCO's run-length encoding, bit-identical to pycocotools.
 *
 * Source: common/maskApi.c of https://github.com/cocodataset/cocoapi (`rleEncode`, `rleDecode`, `rleMerge`,
 * `rleArea`, `rleToBbox`, `rleToString`, `rleFrString`).
 */

/** A binary mask of an image: the run lengths of its pixels. */
export interface Mask {
  /** in pixels */
  readonly height: number
  /** in pixels */
  readonly width: number
  /** Run lengths in column-major order (pixel index = x · height + y), zeros first; their sum is height · width. */
  readonly counts: Uint32Array
}

/** A segmentation that is not a mask of its image. */
export class MaskError extends Error {
  override readonly name = "MaskError"
}

const maxCount = 2 ** 32 - 1

/**
 * Decodes run lengths from COCO's compressed string. A character, counted from "0", has 6 bits: 5 bits of the value,
 * low ones first; bit 32 means that more follow, and bit 16 of the last one is the sign. From the fourth run on, each
 * run is stored as the difference to the run two before it.
 *
 * @throws {MaskError} a character out of range, a string that ends within a number, a run < 0 or ≥ 2³²
 */
export function countsOfString(text: string): Uint32Array {
  const counts = new Uint32Array(text.length)
  let n = 0
  for (let at = 0; at < text.length; n++) {
    let [value, place, more] = [0, 1, true]
    while (more) {
      if (at === text.length) throw new MaskError(`the compressed RLE string ends within run ${n}`)
      const bits = text.charCodeAt(at++) - 48
      if (!(bits >= 0 && bits < 64)) {
        const character = JSON.stringify(text[at - 1])
        throw new MaskError(
          `the compressed RLE string has ${character} at character ${at - 1}; allowed are "0" to "o"`
        )
      }
      if (place > 2 ** 35)
        throw new MaskError(`the compressed RLE string's run ${n} has more than 8 characters`)
      value += (bits & 31) * place
      place *= 32
      more = bits >= 32
      if (!more && (bits & 16) !== 0) value -= place
    }
    if (n > 2) value += counts[n - 2]!
    if (value < 0 || value > maxCount) {
      throw new MaskError(`the compressed RLE string's run ${n} has length ${value}`)
    }
    counts[n] = value
  }
  return counts.slice(0, n)
}

/** COCO's compressed string of run lengths: the inverse of `countsOfString`. */
export function stringOfCounts(counts: Uint32Array): string {
  const codes: Array<number> = []
  for (let i = 0; i < counts.length; i++) {
    let value = counts[i]! - (i > 2 ? counts[i - 2]! : 0)
    for (let more = true; more;) {
      const bits = ((value % 32) + 32) % 32
      value = Math.floor(value / 32)
      // the rest is only the sign, which is already in `bits`
      more = (bits & 16) !== 0 ? value !== -1 : value !== 0
      codes.push(bits + (more ? 32 : 0) + 48)
    }
  }
  return Buffer.from(codes).toString("latin1")
}

/** The number of the mask's pixels. */
export function areaOf({ counts }: Mask): number {
  let area = 0
  for (let i = 1; i < counts.length; i += 2) area += counts[i]!
  return area
}

/**
 * The bounding box [x, y, width, height] of the mask's pixels; zeros for an empty mask. Runs of length 0 are ignored
 * (in pycocotools they can widen the box).
 */
export function boundingBoxOf({
  height,
  counts
}: Mask): [x: number, y: number, width: number, height: number] {
  let [left, top, right, bottom] = [Infinity, Infinity, -1, -1]
  for (let i = 1, end = 0; i < counts.length; i += 2) {
    const start = end + counts[i - 1]!
    end = start + counts[i]!
    if (start === end) continue
    const first = Math.floor(start / height)
    const last = Math.floor((end - 1) / height)
    left = Math.min(left, first)
    right = Math.max(right, last)
    top = first === last ? Math.min(top, start % height) : 0
    bottom = first === last ? Math.max(bottom, (end - 1) % height) : height - 1
  }
  return right < 0 ? [0, 0, 0, 0] : [left, top, right - left + 1, bottom - top + 1]
}

/**
 * The union of masks of one image (pycocotools' `merge`); a single mask is returned as is.
 *
 * @throws {MaskError} no masks, or masks of different sizes
 */
export function unionOf(masks: ReadonlyArray<Mask>): Mask {
  const [first, ...others] = masks
  if (first === undefined) throw new MaskError("the union of no masks has no size")
  const { height, width } = first
  let counts = first.counts
  for (const other of others) {
    if (other.height !== height || other.width !== width) {
      throw new MaskError(
        `a mask of ${other.width} × ${other.height} px cannot be united with one of ${width} × ${height} px`
      )
    }
    counts = unionOfCounts(counts, other.counts, height * width)
  }
  return { height, width, counts }
}

function unionOfCounts(a: Uint32Array, b: Uint32Array, pixels: number): Uint32Array {
  const counts = new Uint32Array(a.length + b.length)
  let [n, run, inside] = [0, 0, false]
  let [i, leftOfA] = [0, a[0]!]
  let [j, leftOfB] = [0, b[0]!]
  for (let at = 0; at < pixels;) {
    while (leftOfA === 0) leftOfA = a[++i]!
    while (leftOfB === 0) leftOfB = b[++j]!
    const step = Math.min(leftOfA, leftOfB)
    const either = ((i | j) & 1) === 1 // the runs of odd index are the mask's
    if (either !== inside) {
      counts[n++] = run
      run = 0
      inside = either
    }
    run += step
    at += step
    leftOfA -= step
    leftOfB -= step
  }
  counts[n++] = run
  return counts.slice(0, n)
}

/** The mask's pixels, 0 or 1, column-major: pixel (x, y) is at x · height + y. */
export function columnMajorOf({ height, width, counts }: Mask): Uint8Array {
  const pixels = new Uint8Array(height * width)
  for (let i = 1, end = 0; i < counts.length; i += 2) {
    const start = end + counts[i - 1]!
    end = start + counts[i]!
    pixels.fill(1, start, end)
  }
  return pixels
}

/** The mask's pixels, 0 or 1, row-major: pixel (x, y) is at y · width + x. */
export function rowMajorOf({ height, width, counts }: Mask): Uint8Array {
  const pixels = new Uint8Array(height * width)
  for (let i = 1, end = 0; i < counts.length; i += 2) {
    const start = end + counts[i - 1]!
    end = start + counts[i]!
    for (let at = start, x = Math.floor(start / height); at < end; x++) {
      const columnEnd = Math.min(end, (x + 1) * height)
      for (let to = (at - x * height) * width + x; at < columnEnd; at++, to += width) pixels[to] = 1
    }
  }
  return pixels
}

/** The mask of row-major pixels [height, width]; any value but 0 belongs to it. */
export function maskOfRowMajor(pixels: ArrayLike<number>, height: number, width: number): Mask {
  if (pixels.length !== height * width) {
    throw new MaskError(`${pixels.length} pixels are not ${width} × ${height}`)
  }
  const counts: Array<number> = []
  let [run, inside] = [0, false]
  for (let x = 0; x < width; x++) {
    for (let y = 0, at = x; y < height; y++, at += width) {
      if ((pixels[at] !== 0) !== inside) {
        counts.push(run)
        run = 0
        inside = !inside
      }
      run++
    }
  }
  counts.push(run)
  return { height, width, counts: Uint32Array.from(counts) }
}

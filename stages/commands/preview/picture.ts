/** Draws the encoder's view: its input pixels, enlarged, under the token grid and the objects. */
import type { Geometry, PatchGrid } from "../../vision/geometry.ts"
import type { Preprocessed } from "../../vision/preprocess.ts"
import type { Preprocessing } from "../../vision/preprocessing.ts"
import type { Size } from "../../vision/resized-size.ts"
import type { AnnotatedObject } from "./annotated.ts"
import { type Canvas, drawNumber } from "./digits.ts"
import { drawOutline } from "./outline.ts"
import { overlayColours, type OverlayRgb } from "./palette.ts"

export interface Subject {
  readonly tensor: Preprocessed
  readonly preprocessing: Preprocessing
  readonly geometry: Geometry
  readonly grid: PatchGrid
  readonly objects: ReadonlyArray<AnnotatedObject>
}

/** The longer edge has at least this many pixels. */
const leastEdge = 896

/**
 * Picture pixels per input pixel, along each axis: whole, so that pixels stay sharp, and large enough for small
 * inputs.
 */
export const scaleOf = ({ height, width }: Size): number =>
  Math.max(1, Math.ceil(leastEdge / Math.max(height, width)))

/** [height, width, 3]: the input, patches tinted by each object's coverage, outlines, and numbers from 0. */
export function drawPicture({ tensor, preprocessing, geometry, grid, objects }: Subject): Canvas {
  const scale = scaleOf(tensor)
  const canvas = enlarged(tensor, preprocessing, scale)
  const size = { height: grid.patch.height * scale, width: grid.patch.width * scale }
  if (objects.length > 0) tintPatches(canvas, grid, size, objects)
  drawGrid(canvas, grid, size)
  objects.forEach(({ mask, crowd }, i) => drawOutline(canvas, mask, geometry, scale, colourAt(i), crowd))
  const taken = new Set<number>()
  const dot = Math.max(2, Math.round(canvas.width / 300))
  objects.forEach(({ patches, coverage }, i) => {
    const at = labelledPatch(patches, coverage, grid, taken)
    if (at === null) return
    taken.add(at)
    const y = (Math.floor(at / grid.columns) + 0.5) * size.height
    const x = ((at % grid.columns) + 0.5) * size.width
    drawNumber(canvas, i, x, y, dot, colourAt(i))
  })
  return canvas
}

const colourAt = (i: number): OverlayRgb => overlayColours[i % overlayColours.length]!.rgb

/** Converts the tensor's values back to levels 0 … 255, each pixel enlarged to `scale` × `scale`. */
function enlarged(
  { data, height, width }: Preprocessed,
  { mean, std, rescale }: Preprocessing,
  scale: number
): Canvas {
  const plane = height * width
  const row = new Uint8Array(width * scale * 3)
  const pixels = new Uint8Array(height * scale * row.length)
  for (let y = 0; y < height; y++) {
    for (let x = 0, to = 0; x < width; x++) {
      const level = (channel: 0 | 1 | 2) =>
        Math.min(
          255,
          Math.max(
            0,
            Math.round((data[channel * plane + y * width + x]! * std[channel] + mean[channel]) / rescale)
          )
        )
      const [red, green, blue] = [level(0), level(1), level(2)]
      for (let i = 0; i < scale; i++) {
        row[to++] = red
        row[to++] = green
        row[to++] = blue
      }
    }
    for (let i = 0; i < scale; i++) pixels.set(row, (y * scale + i) * row.length)
  }
  return { data: pixels, height: height * scale, width: width * scale }
}

/** The tint's share in a fully covered patch, and the remaining brightness of an uncovered one. */
const fullTint = 0.45
const uncoveredLight = 0.55

/** Tints each patch with a mix of its objects' colours, in proportion to coverage; crowds are hatched. */
function tintPatches(
  canvas: Canvas,
  grid: PatchGrid,
  size: Size,
  objects: ReadonlyArray<AnnotatedObject>
): void {
  const patches = grid.rows * grid.columns
  const [solid, hatched] = [new Float64Array(patches * 4), new Float64Array(patches * 4)]
  objects.forEach(({ patches: covered, coverage, crowd }, i) => {
    const sums = crowd ? hatched : solid
    const colour = colourAt(i)
    covered.forEach((patch, k) => {
      for (let c = 0; c < 3; c++) sums[patch * 4 + c]! += coverage[k]! * colour[c]!
      sums[patch * 4 + 3]! += coverage[k]!
    })
  })
  const { data, height, width } = canvas
  const period = Math.max(4, Math.round(width / 90))
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [row, column] = [Math.floor(y / size.height), Math.floor(x / size.width)]
      const at = (y * width + x) * 3
      const patch = row < grid.rows && column < grid.columns ? (row * grid.columns + column) * 4 : -1
      const inStripe = (x + y) % period < period / 2
      const plain = patch < 0 ? 0 : solid[patch + 3]!
      const crowd = patch < 0 ? 0 : hatched[patch + 3]!
      const sums = inStripe && crowd > 0 ? hatched : solid
      const sum = sums === hatched ? crowd : plain
      const covered = Math.min(1, plain + crowd)
      const light = uncoveredLight + (1 - uncoveredLight) * covered
      const tint = fullTint * Math.min(1, sum)
      for (let c = 0; c < 3; c++) {
        const colour = sum === 0 ? 0 : sums[patch + c]! / sum
        data[at + c] = data[at + c]! * light * (1 - tint) + colour * tint
      }
    }
}

/** Lines between and around patches: lighter on dark pixels, darker on light ones, so that pixels stay visible. */
function drawGrid({ data, height, width }: Canvas, { rows, columns }: PatchGrid, size: Size): void {
  const blend = (at: number) => {
    const isLight = data[at]! * 0.3 + data[at + 1]! * 0.59 + data[at + 2]! * 0.11 > 140
    for (let c = at; c < at + 3; c++) data[c] = isLight ? data[c]! * 0.65 : data[c]! + (255 - data[c]!) * 0.3
  }
  const [bottom, right] = [rows * size.height, columns * size.width]
  for (let row = 0; row <= rows; row++) {
    const y = Math.min(row * size.height, height - 1)
    for (let x = 0; x < right; x++) blend((y * width + x) * 3)
  }
  for (let column = 0; column <= columns; column++) {
    const x = Math.min(column * size.width, width - 1)
    for (let y = 0; y < bottom; y++) if (y % size.height !== 0) blend((y * width + x) * 3)
  }
}

/** The best covered patch without a number; among equals, the one nearest the centre of the covered area. */
function labelledPatch(
  patches: ReadonlyArray<number>,
  coverage: ReadonlyArray<number>,
  { columns }: PatchGrid,
  taken: ReadonlySet<number>
): number | null {
  let [sum, x, y] = [0, 0, 0]
  patches.forEach((patch, k) => {
    sum += coverage[k]!
    x += coverage[k]! * (patch % columns)
    y += coverage[k]! * Math.floor(patch / columns)
  })
  let best: number | null = null
  let [most, least] = [-1, Infinity]
  patches.forEach((patch, k) => {
    // if all are taken, numbers overlap
    const covered = taken.has(patch) ? 0 : coverage[k]!
    const [dx, dy] = [(patch % columns) - x / sum, Math.floor(patch / columns) - y / sum]
    const distance = dx * dx + dy * dy
    if (covered < most || (covered === most && distance >= least)) return
    ;[best, most, least] = [patch, covered, distance]
  })
  return best
}

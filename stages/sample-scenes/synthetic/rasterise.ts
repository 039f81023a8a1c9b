/**
 * Renders a description to pixels: a pure function.
 *
 * Colours are blended along edges, by the distance of a pixel's centre from the outline. Masks are not: a pixel
 * belongs to the last painted object that contains its centre.
 */
import { cos as cosOf, sin as sinOf } from "../../../src/support/elementary/trigonometric.ts"
import { seededRandom } from "../../../src/support/random.ts"
import type { DescribedObject, SceneDescription } from "./description.ts"
import { outlines } from "./outlines.ts"
import { secondShade, type TextureName } from "./palette.ts"

export interface Raster {
  readonly height: number
  readonly width: number
  /** RGB, row-major: height × width × 3 */
  readonly pixels: Uint8Array
  /** the owner of each pixel, row-major: 0 the background, i + 1 the description's object i; height × width */
  readonly owners: Uint8Array
}

/** The strength of the background's blobs and grain, in units of 0 … 255. */
const BLOBS = 9
const GRAIN = 4
/** The darkness of an object's rim, as a share of its own colour. */
const RIM = 0.5

/** Renders a description. */
export function rasterise(description: SceneDescription): Raster {
  const { height, width, objects } = description
  const canvas = new Float32Array(height * width * 3)
  const owners = new Uint8Array(height * width)
  paintBackground(canvas, description)
  for (const [i, object] of objects.entries()) paintObject(canvas, owners, i + 1, object, description)
  return { height, width, pixels: withGrain(canvas, description), owners }
}

/** A gradient with soft blobs: bilinear noise on a lattice of about four cells along the shorter side. */
function paintBackground(canvas: Float32Array, { height, width, background }: SceneDescription): void {
  const cell = Math.min(height, width) / 4
  const columns = Math.ceil(width / cell) + 2
  const rows = Math.ceil(height / cell) + 2
  const random = seededRandom("synthetic blobs", background.noise)
  const lattice = Float64Array.from({ length: rows * columns }, () => (2 * random() - 1) * BLOBS)
  const [cos, sin] = [cosOf(background.angle), sinOf(background.angle)]
  const reach = (Math.abs(cos) * width + Math.abs(sin) * height) / 2
  const { from, to } = background
  for (let row = 0, at = 0; row < height; row++) {
    const y = (row + 0.5) / cell
    const j = Math.floor(y)
    for (let column = 0; column < width; column++, at += 3) {
      const x = (column + 0.5) / cell
      const i = Math.floor(x)
      const corner = j * columns + i
      const upper = lattice[corner]! + (lattice[corner + 1]! - lattice[corner]!) * (x - i)
      const below = corner + columns
      const lower = lattice[below]! + (lattice[below + 1]! - lattice[below]!) * (x - i)
      const blob = upper + (lower - upper) * (y - j)
      const along = (column + 0.5 - width / 2) * cos + (row + 0.5 - height / 2) * sin
      const share = 0.5 + along / (2 * reach)
      for (let c = 0; c < 3; c++) canvas[at + c] = from[c]! + (to[c]! - from[c]!) * share + blob
    }
  }
}

function paintObject(
  canvas: Float32Array,
  owners: Uint8Array,
  owner: number,
  object: DescribedObject,
  { height, width }: SceneDescription
): void {
  const { size, texture } = object
  const outline = outlines[object.category]
  const second = secondShade(object.rgb)
  const [cos, sin] = [cosOf(object.rotation), sinOf(object.rotation)]
  const [along, across] = [cosOf(object.textureAngle), sinOf(object.textureAngle)]
  const period = Math.max(3, object.texturePeriod * size)
  const rim = Math.max(0.8, 0.08 * size)
  const reach = outline.extent * size + 1 // one more pixel, for the blended edge
  const top = Math.max(0, Math.floor(object.y - reach))
  const bottom = Math.min(height, Math.ceil(object.y + reach))
  const left = Math.max(0, Math.floor(object.x - reach))
  const right = Math.min(width, Math.ceil(object.x + reach))
  for (let row = top; row < bottom; row++) {
    const y = row + 0.5 - object.y
    for (let column = left; column < right; column++) {
      const x = column + 0.5 - object.x
      const distance = size * outline.distance((x * cos + y * sin) / size, (y * cos - x * sin) / size)
      if (distance >= 0.5) continue
      const at = row * width + column
      if (distance < 0) owners[at] = owner
      const shade = secondShadeShare(texture, x * along + y * across, y * along - x * across, period)
      const cover = Math.min(1, 0.5 - distance)
      const light = 1 - (1 - RIM) * Math.min(1, Math.max(0, distance + rim + 0.5))
      for (let c = 0; c < 3; c++) {
        const colour = (object.rgb[c]! + (second[c]! - object.rgb[c]!) * shade) * light
        canvas[3 * at + c]! += (colour - canvas[3 * at + c]!) * cover
      }
    }
  }
}

/** Adds the same grey grain to all three channels and rounds to bytes. */
function withGrain(canvas: Float32Array, { background }: SceneDescription): Uint8Array {
  const random = seededRandom("synthetic grain", background.noise)
  const pixels = new Uint8Array(canvas.length)
  for (let at = 0; at < canvas.length; at += 3) {
    const grain = (2 * random() - 1) * GRAIN
    for (let c = at; c < at + 3; c++) pixels[c] = Math.min(255, Math.max(0, Math.round(canvas[c]! + grain)))
  }
  return pixels
}

/**
 * The distance in pixels of `position` from the edges of stripes that are half the period wide; negative on a stripe.
 */
function toStripe(position: number, period: number): number {
  const phase = position / period - Math.floor(position / period)
  return (Math.abs(phase - 0.5) - 0.25) * period
}

const clamp = (share: number) => Math.min(1, Math.max(0, share))

/**
 * The share of the second shade at (u, v), in pixels along and across the texture; edges blend over a pixel.
 *
 * @param period in pixels: the width of a light and a dark stripe, or the distance between neighbouring dots or squares
 */
function secondShadeShare(texture: TextureName, u: number, v: number, period: number): number {
  switch (texture) {
    case "plain":
      return 0
    case "striped":
      return clamp(0.5 - toStripe(u, period))
    case "dotted": {
      const x = u - period * Math.round(u / period)
      const y = v - period * Math.round(v / period)
      return clamp(0.5 + 0.31 * period - Math.sqrt(x * x + y * y))
    }
    case "checked": {
      const [x, y] = [toStripe(u, 1.4 * period), toStripe(v, 1.4 * period)]
      const nearest = Math.min(Math.abs(x), Math.abs(y))
      return clamp(0.5 + (x < 0 === y < 0 ? nearest : -nearest))
    }
  }
}

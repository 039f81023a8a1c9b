/** Colours and textures: attributes that do not depend on an object's category. */
import { below, pick } from "../../../src/support/random.ts"
import type { Random } from "../../../src/support/random.ts"

/** Red, green and blue, 0 … 255, not necessarily whole. */
export type Rgb = readonly [red: number, green: number, blue: number]

/** None of them is close to the greys of backgrounds. */
export const objectColours = {
  red: [214, 40, 40],
  orange: [244, 132, 22],
  yellow: [246, 214, 48],
  green: [50, 158, 60],
  teal: [16, 156, 158],
  blue: [38, 86, 214],
  purple: [126, 50, 174],
  pink: [246, 112, 182],
  brown: [122, 70, 30],
  black: [26, 26, 30],
  white: [250, 250, 248]
} as const satisfies Record<string, Rgb>
export type ColourName = keyof typeof objectColours
export const COLOURS = Object.keys(objectColours) as ReadonlyArray<ColourName>

export const TEXTURES = ["plain", "striped", "dotted", "checked"] as const
export type TextureName = (typeof TEXTURES)[number]

/** The lightest and darkest grey of a background before its tint, gradient and noise. */
const BACKGROUND_GREYS = [112, 182] as const

export interface Background {
  /** the colours at both ends of the gradient */
  readonly from: Rgb
  readonly to: Rgb
  /** the gradient's direction in radians, clockwise from the x axis */
  readonly angle: number
  /** seed of the noise: the same number gives the same blobs and grain */
  readonly noise: number
}

const between = (random: Random, low: number, high: number) => low + (high - low) * random()

/** A colour's name and a shade of it: each channel varies by up to `JITTER`. */
export function drawColour(random: Random): { colour: ColourName; rgb: Rgb } {
  const colour = pick(random, COLOURS)
  const shade = (channel: number) => Math.min(255, Math.max(0, channel + between(random, -JITTER, JITTER)))
  const [red, green, blue] = objectColours[colour]
  return { colour, rgb: [shade(red), shade(green), shade(blue)] }
}
const JITTER = 12

/** A dull, softly graded background. */
export function drawBackground(random: Random): Background {
  const grey = between(random, ...BACKGROUND_GREYS)
  const tint = () => between(random, -14, 14)
  const from: Rgb = [grey + tint(), grey + tint(), grey + tint()]
  const step = between(random, 8, 26) * (random() < 0.5 ? -1 : 1)
  const to: Rgb = [from[0] + step + tint() / 2, from[1] + step + tint() / 2, from[2] + step + tint() / 2]
  return { from, to, angle: between(random, 0, 2 * Math.PI), noise: below(random, 2 ** 32) }
}

/** The second colour of a texture: a darker shade of a light colour, or a lighter one of a dark colour. */
export function secondShade([red, green, blue]: Rgb): Rgb {
  const luma = 0.299 * red + 0.587 * green + 0.114 * blue // ITU-R BT.601
  const [towards, share] = luma > 90 ? [0, 0.42] : [255, 0.35]
  const mix = (channel: number) => channel + (towards - channel) * share
  return [mix(red), mix(green), mix(blue)]
}

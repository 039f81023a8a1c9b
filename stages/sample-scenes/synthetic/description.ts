/**
 * Describes the contents of a scene as plain data, drawn without rendering a pixel.
 *
 * The design follows the paper's paired tasks (arXiv 2406.09067): a main object from one of two primary categories, a
 * second one from one of four secondary categories, and up to three distractors. Categories are uniform and
 * independent of each other and of everything else: they are drawn first and kept when a layout is redrawn, and
 * layouts are judged by discs of the objects' area, which are the same for all categories.
 */
import { acos } from "../../../src/support/elementary/trigonometric.ts"
import { below, pick, shuffled } from "../../../src/support/random.ts"
import type { Random } from "../../../src/support/random.ts"
import { DISTRACTORS, PRIMARIES, SECONDARIES } from "./outlines.ts"
import type { Category, Primary, Secondary } from "./outlines.ts"
import { drawBackground, drawColour, TEXTURES } from "./palette.ts"
import type { Background, ColourName, Rgb, TextureName } from "./palette.ts"

export type Role = "main" | "second" | "distractor"

/** The objects in a scene. */
export interface Cast {
  readonly primary: Primary
  readonly secondary: Secondary
  readonly distractors: ReadonlyArray<Category>
}

export interface DescribedObject {
  readonly role: Role
  readonly category: Category
  readonly colour: ColourName
  /** the shade of that colour */
  readonly rgb: Rgb
  readonly texture: TextureName
  /** the texture's direction in radians */
  readonly textureAngle: number
  /** the texture's period as a share of `size` */
  readonly texturePeriod: number
  /** the centroid in pixels from the image's top left corner */
  readonly x: number
  readonly y: number
  /** the radius, in pixels, of a disc of the same area: the whole object covers π·size² square pixels */
  readonly size: number
  /** in radians, clockwise */
  readonly rotation: number
}

export interface SceneDescription {
  readonly height: number
  readonly width: number
  readonly background: Background
  /** in painting order: later objects hide earlier ones */
  readonly objects: ReadonlyArray<DescribedObject>
}

/** An image's size in pixels. */
export interface SceneSize {
  readonly height: number
  readonly width: number
}

/** Below this, the second object would cover only a handful of pixels. */
export const SMALLEST_SIDE = 32
/** Sizes as shares of the image's shorter side. The main object is larger on average, but not always. */
const SIZES: Readonly<Record<Role, readonly [least: number, most: number]>> = {
  main: [0.15, 0.27],
  second: [0.1, 0.2],
  distractor: [0.07, 0.13]
}
/** How much of an object's disc the discs of later objects may hide. */
const MOST_OVERLAP = 0.25
/** About one layout in three is accepted, so this many failures in a row do not happen. */
const LAYOUT_TRIES = 500

/** Draws the cast, independently of everything else. */
export const drawCast = (random: Random): Cast => ({
  primary: pick(random, PRIMARIES),
  secondary: pick(random, SECONDARIES),
  distractors: Array.from({ length: below(random, 4) }, () => pick(random, DISTRACTORS))
})

/**
 * The area shared by two discs at a distance. Source: https://mathworld.wolfram.com/Circle-CircleIntersection.html,
 * eq. 14.
 */
function sharedArea(distance: number, r: number, s: number): number {
  if (distance >= r + s) return 0
  if (distance <= Math.abs(r - s)) return Math.PI * (Math.min(r, s) * Math.min(r, s))
  const alongR = (distance * distance + r * r - s * s) / (2 * distance)
  const alongS = distance - alongR
  return (
    r * r * acos(alongR / r) +
    s * s * acos(alongS / s) -
    distance * Math.sqrt(Math.max(0, r * r - alongR * alongR))
  )
}

function drawObject(random: Random, role: Role, category: Category, size: SceneSize): DescribedObject {
  const [least, most] = SIZES[role]
  const radius = Math.min(size.height, size.width) * (least + (most - least) * random())
  const margin = 1.1 * radius
  return {
    role,
    category,
    ...drawColour(random),
    texture: pick(random, TEXTURES),
    textureAngle: Math.PI * random(),
    texturePeriod: 0.5 + 0.25 * random(),
    x: margin + (size.width - 2 * margin) * random(),
    y: margin + (size.height - 2 * margin) * random(),
    size: radius,
    rotation: 2 * Math.PI * random()
  }
}

const isClear = (objects: ReadonlyArray<DescribedObject>): boolean =>
  objects.every((object, i) => {
    let hidden = 0
    for (const later of objects.slice(i + 1)) {
      const [dx, dy] = [later.x - object.x, later.y - object.y]
      hidden += sharedArea(Math.sqrt(dx * dx + dy * dy), object.size, later.size)
    }
    return hidden <= MOST_OVERLAP * Math.PI * (object.size * object.size)
  })

/**
 * Draws the positions and looks of a cast.
 *
 * Layouts that hide more than a quarter of an object's disc are redrawn.
 *
 * @throws {RangeError} if height or width is not a whole number of at least {@link SMALLEST_SIDE} pixels
 */
export function drawLayout(random: Random, cast: Cast, { height, width }: SceneSize): SceneDescription {
  for (const [name, side] of [
    ["height", height],
    ["width", width]
  ] as const) {
    if (!Number.isInteger(side) || side < SMALLEST_SIDE) {
      throw new RangeError(
        `A synthetic scene's ${name} is ${side}: give a whole number of pixels, ${SMALLEST_SIDE} or more.`
      )
    }
  }
  const background = drawBackground(random)
  const members: ReadonlyArray<readonly [Role, Category]> = [
    ["main", cast.primary],
    ["second", cast.secondary],
    ...cast.distractors.map((category) => ["distractor", category] as const)
  ]
  for (let attempt = 0; attempt < LAYOUT_TRIES; attempt++) {
    const drawn = members.map(([role, category]) => drawObject(random, role, category, { height, width }))
    const objects = shuffled(random, drawn)
    if (isClear(objects)) return { height, width, background, objects }
  }
  throw new Error(
    `No layout of ${members.length} objects in ${height}×${width} pixels leaves each of them visible (${LAYOUT_TRIES} tries).`
  )
}

/** The object with a role: every scene has one main and one second object. */
export function objectOf(description: SceneDescription, role: "main" | "second"): DescribedObject {
  const object = description.objects.find((candidate) => candidate.role === role)
  if (object === undefined) throw new Error(`The scene's description has no ${role} object.`)
  return object
}

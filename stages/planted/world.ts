/**
 * Planted worlds: patch features whose knowledge of two objects is known by formula.
 *
 * With p = ±1 for the primary category, s = 1 … 4 for the secondary one, ε ~ N(0, I) of each patch and a rotation Q, a
 * patch of the primary object, of the secondary and of the background, and CLS, are
 *
 *     x_P = Q(a p e₁ + ρ e₁₊ₛ + ε)    x_S = Q(κ p e₁ + r e₁₊ₛ + ε)    x_B = Q(β p e₁ + ε)
 *     x_CLS = Q(a′ p e₁ + r′ e₁₊ₛ + ε)
 *
 * so Bayes' rule is right in A_pp = Φ(a), A_sp = Φ(κ), A_bg = Φ(β), A_ss = ∫ φ(z) Φ(z + r)³ dz and A_ps likewise with ρ,
 * for one patch; the mean of m patches has a√m for a, and so on. In the world `position-only` every patch adds δ times its
 * column, −1 … 1, along e₆ instead, and p decides in which half of the image the primary object is likely to be.
 */
import { below, normal, type Random } from "../../src/index.ts"

/** The strengths of the formula above. */
interface Strengths {
  readonly a: number
  readonly rho: number
  readonly kappa: number
  readonly r: number
  readonly beta: number
  readonly clsP: number
  readonly clsS: number
  /** δ, of a patch's own column */
  readonly place: number
  /** the probability that the primary object is in the half that p names */
  readonly side: number
  /** the share of scenes whose primary object fills the upper half, which leaves few background patches */
  readonly crowded: number
}
const nothing: Strengths = {
  a: 0,
  rho: 0,
  kappa: 0,
  r: 0,
  beta: 0,
  clsP: 0,
  clsS: 0,
  place: 0,
  side: 0.5,
  crowded: 0
}
export const worlds = {
  /** each object's patches know their own object alone */
  segregated: { ...nothing, a: 0.5, r: 0.9 },
  /** each object's patches know both objects, and the background knows a little of the primary */
  entangled: { ...nothing, a: 0.5, rho: 0.4, kappa: 0.3, r: 0.9, beta: 0.1 },
  /** every patch knows the same of the primary, so that no comparison may find a difference */
  uniform: { ...nothing, a: 0.3, kappa: 0.3, beta: 0.3, crowded: 1 / 3 },
  /** CLS knows both objects, and no patch knows anything */
  "cls-only": { ...nothing, clsP: 1.2, clsS: 2 },
  /** patches know where they are, and where the primary object is tells its category */
  "position-only": { ...nothing, place: 2, side: 0.85 },
  nothing
} as const satisfies Readonly<Record<string, Strengths>>
export type WorldName = keyof typeof worlds
export const worldNames = Object.keys(worlds) as ReadonlyArray<WorldName>

/** The grid of the planted encoder: 8 × 8 patches after a class token. */
export const plantedGrid = {
  rows: 8,
  columns: 8,
  patch: { height: 16, width: 16 },
  prefix: 1,
  classToken: true
} as const
export const primaryNames = ["disc", "square"] as const
export const secondaryNames = ["cross", "ring", "star", "triangle"] as const

/** Coordinates that the formula uses: e₁ for p, e₂ … e₅ for s, e₆ for the place. */
export const fewestFeatures = 6

export interface PlantedScene {
  readonly primary: (typeof primaryNames)[number]
  readonly secondary: (typeof secondaryNames)[number]
  /** patches of each object, row-major */
  readonly ofPrimary: ReadonlyArray<number>
  readonly ofSecondary: ReadonlyArray<number>
  /** [tokens][width] CLS, then the patches; before the rotation, so that only pooled vectors need be rotated */
  readonly tokens: ReadonlyArray<Float64Array>
}

/** Rows of a random rotation: normal vectors made orthonormal one after another (Gram and Schmidt). */
export function rotation(width: number, random: Random): ReadonlyArray<Float64Array> {
  const rows: Array<Float64Array> = []
  while (rows.length < width) {
    const row = Float64Array.from({ length: width }, () => normal(random))
    for (const other of rows) {
      const along = dot(row, other)
      for (let j = 0; j < width; j++) row[j]! -= along * other[j]!
    }
    const norm = Math.sqrt(dot(row, row))
    rows.push(row.map((value) => value / norm))
  }
  return rows
}
const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, j) => sum + value * b[j]!, 0)

/**
 * One scene: the primary object in the upper half, 2 or 3 rows by 2 to 4 columns; the secondary in the lower half, 1 or 2
 * rows by 2 to 4 columns. The secondary's place does not depend on the primary's. In a crowded scene the primary fills the
 * upper half, and the secondary has 3 rows by 4 columns: it has more patches than the background.
 */
export function plantedScene(world: WorldName, width: number, random: Random): PlantedScene {
  const strengths: Strengths = worlds[world]
  const { rows, columns } = plantedGrid
  const [p, s] = [below(random, 2), below(random, 4)]
  const sign = 2 * p - 1
  const inItsHalf = random() < strengths.side
  const onTheRight = (p === 1) === inItsHalf
  const isCrowded = random() < strengths.crowded
  const primary = isCrowded
    ? Array.from({ length: (rows * columns) / 2 }, (_, patch) => patch)
    : rectangle({
        height: 2 + below(random, 2),
        width: 2 + below(random, 3),
        top: 0,
        left: onTheRight ? columns / 2 : 0,
        random
      })
  const secondary = rectangle({
    height: isCrowded ? 3 : 1 + below(random, 2),
    width: isCrowded ? 4 : 2 + below(random, 3),
    top: rows / 2,
    left: below(random, 2) * (columns / 2),
    random
  })
  const [ofPrimary, ofSecondary] = [new Set(primary), new Set(secondary)]
  const { a, rho, kappa, r, beta, clsP, clsS, place } = strengths
  const token = (onP: number, onS: number, column: number) => {
    const x = Float64Array.from({ length: width }, () => normal(random))
    x[0]! += onP * sign
    x[1 + s]! += onS
    x[5]! += place * column
    return x
  }
  const patches = Array.from({ length: rows * columns }, (_, patch) => {
    const column = (2 * (patch % columns)) / (columns - 1) - 1
    if (ofPrimary.has(patch)) return token(a, rho, column)
    return ofSecondary.has(patch) ? token(kappa, r, column) : token(beta, 0, column)
  })
  return {
    primary: primaryNames[p]!,
    secondary: secondaryNames[s]!,
    ofPrimary: primary,
    ofSecondary: secondary,
    tokens: [token(clsP, clsS, 0), ...patches]
  }
}

/** Patches of a rectangle somewhere in a quarter of the grid. */
function rectangle(of: {
  readonly height: number
  readonly width: number
  readonly top: number
  readonly left: number
  readonly random: Random
}): ReadonlyArray<number> {
  const { rows, columns } = plantedGrid
  const top = of.top + below(of.random, rows / 2 - of.height + 1)
  const left = of.left + below(of.random, columns / 2 - of.width + 1)
  return Array.from(
    { length: of.height * of.width },
    (_, i) => (top + Math.floor(i / of.width)) * columns + left + (i % of.width)
  )
}

/** Σ xᵢ qᵢ */
export function rotated(x: Float64Array, q: ReadonlyArray<Float64Array>): Float64Array {
  const result = new Float64Array(x.length)
  for (let i = 0; i < x.length; i++) for (let j = 0; j < x.length; j++) result[j]! += x[i]! * q[i]![j]!
  return result
}

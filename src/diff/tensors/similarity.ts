/**
 * Similarity of two representations of the same items, in one pass: debiased linear CKA and the orthogonal Procrustes
 * distance. Widths may differ. Memory: the products XᵀY, XᵀX and YᵀY, whatever the number of items.
 *
 * Sources: HSIC₁ of Song, Smola, Gretton, Bedo and Borgwardt, "Feature selection via dependence maximization" (JMLR 2012),
 * for linear kernels; CKA: Kornblith, Norouzi, Lee and Hinton, "Similarity of neural network representations revisited"
 * (2019); Procrustes: Schönemann (1966), and Williams, Kunz, Kornblith and Linderman, "Generalized shape metrics on neural
 * representations" (2021).
 */
import { PackedRows, Products } from "./cross-products.ts"
import { nuclearNorm } from "./nuclear-norm.ts"

/** The widest representations whose products are kept, and the widest whose nuclear norm is computed. */
export const widestProducts = 2048
export const widestProcrustes = 1024

/** Sums beside the products; dimensions that are left out count as 0. */
class Moments {
  readonly skipped: readonly [ReadonlyArray<number>, ReadonlyArray<number>]
  readonly #isSkipped: readonly [Uint8Array, Uint8Array]
  /** Σ x, Σ y */
  readonly sums: readonly [Float64Array, Float64Array]
  /** Σ xb, Σ xa, Σ ya, Σ yb, where a = ‖x‖² and b = ‖y‖² */
  readonly xb: Float64Array
  readonly xa: Float64Array
  readonly ya: Float64Array
  readonly yb: Float64Array
  a = 0
  b = 0
  ab = 0
  aa = 0
  bb = 0
  constructor(widths: readonly [number, number], skipped: Moments["skipped"]) {
    const [d, e] = widths
    this.skipped = skipped
    this.#isSkipped = [new Uint8Array(d), new Uint8Array(e)]
    skipped.forEach((dimensions, side) => dimensions.forEach((k) => (this.#isSkipped[side]![k] = 1)))
    this.sums = [new Float64Array(d), new Float64Array(e)]
    ;[this.xb, this.xa] = [new Float64Array(d), new Float64Array(d)]
    ;[this.ya, this.yb] = [new Float64Array(e), new Float64Array(e)]
  }

  add(x: Float64Array, y: Float64Array): void {
    const [a, b] = [this.#square(x, 0), this.#square(y, 1)]
    this.a += a
    this.b += b
    this.ab += a * b
    this.aa += a * a
    this.bb += b * b
    addScaled(this.sums[0], x, 1)
    addScaled(this.sums[1], y, 1)
    addScaled(this.xb, x, b)
    addScaled(this.xa, x, a)
    addScaled(this.ya, y, a)
    addScaled(this.yb, y, b)
  }
  #square(x: Float64Array, side: 0 | 1): number {
    const isSkipped = this.#isSkipped[side]
    let sum = 0
    for (let k = 0; k < x.length; k++) if (isSkipped[k] === 0) sum += x[k]! * x[k]!
    return sum
  }
  isSkipped(side: 0 | 1, k: number): boolean {
    return this.#isSkipped[side][k] === 1
  }
}

function addScaled(into: Float64Array, x: Float64Array, factor: number): void {
  for (let k = 0; k < into.length; k++) into[k]! += factor * x[k]!
}

export class Similarity {
  readonly #shift: readonly [Float64Array, Float64Array]
  readonly #blocks: readonly [PackedRows, PackedRows]
  readonly #xy: Products
  readonly #xx: Products
  readonly #yy: Products
  readonly #all: Moments
  readonly #without: Moments | null
  readonly #row: readonly [Float64Array, Float64Array]
  #items = 0

  /** Bytes for these widths. */
  static bytes = ([d, e]: readonly [number, number]): number =>
    8 * (d * e + d * d + e * e + (64 + 8) * (d + e))

  /**
   * `shift`: about the means of either side. HSIC₁ does not depend on it, but differences of large sums lose digits: in
   * float64 a mean of 10⁴ standard deviations costs eight of sixteen. `skipped`: dimensions to leave out for a second CKA.
   */
  constructor(
    shift: readonly [Float64Array, Float64Array],
    skipped: readonly [ReadonlyArray<number>, ReadonlyArray<number>]
  ) {
    const [d, e] = [shift[0].length, shift[1].length]
    this.#shift = shift
    this.#blocks = [new PackedRows(d), new PackedRows(e)]
    this.#xy = new Products(d, e, false)
    this.#xx = new Products(d, d, true)
    this.#yy = new Products(e, e, true)
    this.#all = new Moments([d, e], [[], []])
    this.#without = skipped[0].length + skipped[1].length === 0 ? null : new Moments([d, e], skipped)
    this.#row = [new Float64Array(d), new Float64Array(e)]
  }

  /** Takes an item: its sums over `rows` rows on either side, which must be finite. */
  add(x: Float64Array, y: Float64Array, rows: number): void {
    const [p, q] = this.#row
    for (let k = 0; k < p.length; k++) p[k] = x[k]! / rows - this.#shift[0][k]!
    for (let k = 0; k < q.length; k++) q[k] = y[k]! / rows - this.#shift[1][k]!
    this.#all.add(p, q)
    this.#without?.add(p, q)
    this.#blocks[0].add(p)
    this.#blocks[1].add(q)
    this.#items++
    if (this.#blocks[0].isFull) this.#flush()
  }
  #flush(): void {
    const [x, y] = this.#blocks
    this.#xy.add(x, y)
    this.#xx.add(x, x)
    this.#yy.add(y, y)
    x.clear()
    y.clear()
  }

  /** All null where undefined: of few items, and of representations that are the same for all items. */
  result() {
    if (this.#blocks[0].rows > 0) this.#flush()
    const products = [this.#xy.dense(), this.#xx.dense(), this.#yy.dense()] as const
    return {
      items: this.#items,
      cka: this.#cka(this.#all, products),
      cka_without: this.#without === null ? null : this.#cka(this.#without, products),
      procrustes: this.#procrustes(products[0])
    }
  }

  #cka(m: Moments, [cxy, cxx, cyy]: Dense): number | null {
    const n = this.#items
    if (n < 4 || this.#isConstant(m)) return null
    const [sx, sy] = [withoutSkipped(m, 0), withoutSkipped(m, 1)]
    const hsic = (
      c: Float64Array,
      x: Float64Array,
      y: Float64Array,
      sides: readonly [0 | 1, 0 | 1],
      s: HsicSums
    ) => {
      const { square, form } = squareAndForm(c, x, y, m, sides)
      const pairs = form - dot(x, s.xb) - dot(y, s.ya) + s.ab
      const product = (dot(x, x) - s.a) * (dot(y, y) - s.b)
      return square - s.ab + product / ((n - 1) * (n - 2)) - (2 / (n - 2)) * pairs
    }
    const xy = hsic(cxy, sx, sy, [0, 1], { a: m.a, b: m.b, ab: m.ab, xb: m.xb, ya: m.ya })
    const xx = hsic(cxx, sx, sx, [0, 0], { a: m.a, b: m.a, ab: m.aa, xb: m.xa, ya: m.xa })
    const yy = hsic(cyy, sy, sy, [1, 1], { a: m.b, b: m.b, ab: m.bb, xb: m.yb, ya: m.yb })
    // each is n (n − 3) HSIC₁
    return xx > 0 && yy > 0 ? xy / (Math.sqrt(xx) * Math.sqrt(yy)) : null
  }

  #procrustes(xy: Float64Array): number | null {
    const n = this.#items
    const [d, e] = [this.#row[0].length, this.#row[1].length]
    if (n < 2 || Math.max(d, e) > widestProcrustes || this.#isConstant(this.#all)) return null
    const { sums, a, b } = this.#all
    const centred = new Float64Array(d * e)
    for (let i = 0; i < d; i++)
      for (let j = 0; j < e; j++) centred[i * e + j] = xy[i * e + j]! - (sums[0][i]! * sums[1][j]!) / n
    const norms = Math.sqrt(a - dot(sums[0], sums[0]) / n) * Math.sqrt(b - dot(sums[1], sums[1]) / n)
    const norm = nuclearNorm(centred, d, e)
    return norm === null ? null : Math.sqrt(Math.max(0, 2 * (1 - norm / norms)))
  }

  /** Whether one side's variance is no more than rounding leaves of its mean. */
  #isConstant(m: Moments): boolean {
    const n = this.#items
    return ([0, 1] as const).some((side) => {
      const sum = withoutSkipped(m, side)
      const variance = (side === 0 ? m.a : m.b) - dot(sum, sum) / n
      return !(variance > 1e-24 * n * dot(this.#shift[side], this.#shift[side]))
    })
  }
}

/** XᵀY, XᵀX and YᵀY. */
type Dense = readonly [Float64Array, Float64Array, Float64Array]
interface HsicSums {
  readonly a: number
  readonly b: number
  readonly ab: number
  readonly xb: Float64Array
  readonly ya: Float64Array
}

/** The sum of a side, with 0 for dimensions that are left out. */
function withoutSkipped({ sums, skipped }: Moments, side: 0 | 1): Float64Array {
  const sum = sums[side].slice()
  for (const k of skipped[side]) sum[k] = 0
  return sum
}

/** ‖C‖² and xᵀCy, over the dimensions that are not left out. */
function squareAndForm(
  c: Float64Array,
  x: Float64Array,
  y: Float64Array,
  m: Moments,
  sides: readonly [0 | 1, 0 | 1]
): { readonly square: number; readonly form: number } {
  let [square, form] = [0, 0]
  for (let i = 0; i < x.length; i++) {
    if (m.isSkipped(sides[0], i)) continue
    let row = 0
    for (let j = 0; j < y.length; j++) {
      if (m.isSkipped(sides[1], j)) continue
      const value = c[i * y.length + j]!
      square += value * value
      row += value * y[j]!
    }
    form += x[i]! * row
  }
  return { square, form }
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0
  for (let k = 0; k < x.length; k++) sum += x[k]! * y[k]!
  return sum
}

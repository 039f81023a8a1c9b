/**
 * The nuclear norm, the sum of the singular values: Householder's bidiagonalisation, then the eigenvalues of the
 * tridiagonal matrix with zero diagonal that has ±σ for eigenvalues. AᵀA is not formed: its square roots would have half
 * the digits.
 *
 * Sources: Golub and Van Loan, "Matrix computations" (2013), 5.4.8 and 8.6.1; the implicit QL method of Bowdler, Martin,
 * Reinsch and Wilkinson (1968), as in EISPACK's `imtql1`.
 */
import { lanes, vectorKernel } from "./vector-kernel.ts"

/**
 * The sum of the singular values.
 *
 * @param matrix [rows × columns] row-major, overwritten
 * @returns null if the iteration does not converge, or a value is not finite
 */
export function nuclearNorm(matrix: Float64Array, rows: number, columns: number): number | null {
  if (rows < columns) return nuclearNorm(transposed(matrix, rows, columns), columns, rows)
  const [diagonal, upper] = bidiagonal(matrix, rows, columns)
  // Golub and Kahan: 0 on the diagonal; d₁, e₁, d₂, e₂, … beside it
  const beside = new Float64Array(2 * columns)
  for (let i = 0; i < columns; i++) {
    beside[2 * i] = diagonal[i]!
    if (i + 1 < columns) beside[2 * i + 1] = upper[i]!
  }
  const values = new Float64Array(2 * columns)
  if (!beside.every(Number.isFinite)) return null
  const converged = eigenvalues(values, beside)
  if (!converged) return null
  return values.reduce((sum, value) => sum + Math.abs(value), 0) / 2
}

function transposed(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(matrix.length)
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j]!
  return result
}

/** The two diagonals of an upper bidiagonal matrix with the same singular values; rows ≥ columns. */
function bidiagonal(a: Float64Array, rows: number, columns: number): [Float64Array, Float64Array] {
  const stride = Math.ceil(columns / lanes) * lanes
  const { values, addScaled, dot } = vectorKernel((rows + 1) * stride)
  values.fill(0, 0, (rows + 1) * stride)
  for (let i = 0; i < rows; i++) values.set(a.subarray(i * columns, (i + 1) * columns), i * stride)
  const sums = rows * stride
  const diagonal = new Float64Array(columns)
  const upper = new Float64Array(Math.max(0, columns - 1))
  for (let k = 0; k < columns; k++) {
    // a reflection of rows makes column k zero below the diagonal. Vectors begin at a multiple of the lanes; what
    // lies before column k + 1 there is not used any more
    const start = Math.floor((k + 1) / lanes) * lanes
    const columnScale = reflect(values, k * stride + k, stride, rows - k, (alpha) => (diagonal[k] = alpha))
    const isLast = start >= stride
    if (!isLast) {
      values.fill(0, sums + start, sums + stride)
      for (let i = k; i < rows; i++)
        addScaled((sums + start) * 8, (sums + stride) * 8, (i * stride + start) * 8, values[i * stride + k]!)
    }
    const update = (i: number) => {
      const v = values[i * stride + k]!
      if (!isLast)
        addScaled((i * stride + start) * 8, (i + 1) * stride * 8, (sums + start) * 8, -v * columnScale)
    }
    update(k)
    if (k + 1 === columns) break
    // a reflection of columns makes row k zero right of the upper diagonal
    values.fill(0, k * stride + start, k * stride + k + 1)
    const rowScale = reflect(values, k * stride + k + 1, 1, columns - k - 1, (alpha) => (upper[k] = alpha))
    const [from, u] = [start * 8, (k * stride + start) * 8]
    for (let i = k + 1; i < rows; i++) {
      update(i)
      const [row, end] = [i * stride * 8 + from, (i + 1) * stride * 8]
      addScaled(row, end, u, -rowScale * dot(row, end, u))
    }
  }
  return [diagonal, upper]
}

/**
 * Turns the vector x of `length` numbers into v = x − α e₁, of the reflection I − s v vᵀ that takes x to α e₁.
 *
 * @returns s = 1 / (α (α − x₁)); 0 if x = 0
 */
function reflect(
  values: Float64Array,
  at: number,
  stride: number,
  length: number,
  onAlpha: (alpha: number) => void
): number {
  let square = 0
  for (let i = 0, k = at; i < length; i++, k += stride) square += values[k]! * values[k]!
  if (square === 0) return 0
  const head = values[at]!
  const alpha = head > 0 ? -Math.sqrt(square) : Math.sqrt(square)
  values[at] = head - alpha
  onAlpha(alpha)
  return 1 / (alpha * (alpha - head))
}

const mostIterations = 60

/** Overwrites `d`, the diagonal, with the eigenvalues; `e[i]` stands between i and i + 1, and its last is unused. */
function eigenvalues(d: Float64Array, e: Float64Array): boolean {
  const n = d.length
  // of the whole matrix: with a diagonal of zeros, neighbours say nothing of what is small
  let size = 0
  for (let i = 0; i < n; i++) size = Math.max(size, Math.abs(d[i]!) + Math.abs(e[i]!))
  const small = size * 2 ** -53
  for (let l = 0; l < n; l++)
    for (let iteration = 0; ; iteration++) {
      let m = l
      while (m < n - 1 && Math.abs(e[m]!) > small) m++
      if (m === l) break
      if (iteration === mostIterations) return false
      let g = (d[l + 1]! - d[l]!) / (2 * e[l]!)
      let r = hypotenuse(g, 1)
      g = d[m]! - d[l]! + e[l]! / (g + (g >= 0 ? r : -r))
      let [s, c, p] = [1, 1, 0]
      let i = m - 1
      for (; i >= l; i--) {
        const f = s * e[i]!
        const b = c * e[i]!
        r = hypotenuse(f, g)
        e[i + 1] = r
        if (r === 0) {
          d[i + 1]! -= p
          e[m] = 0
          break
        }
        s = f / r
        c = g / r
        g = d[i + 1]! - p
        r = (d[i]! - g) * s + 2 * c * b
        p = s * r
        d[i + 1] = g + p
        g = c * r - b
      }
      if (r === 0 && i >= l) continue
      d[l]! -= p
      e[l] = g
      e[m] = 0
    }
  return true
}

function hypotenuse(a: number, b: number): number {
  const [x, y] = [Math.abs(a), Math.abs(b)]
  const [large, little] = x > y ? [x, y] : [y, x]
  if (large === 0) return 0
  const ratio = little / large
  return large * Math.sqrt(1 + ratio * ratio)
}

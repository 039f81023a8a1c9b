/**
 * The nuclear norm, the sum of the singular values: Householder's bidiagonalisation, then the eigenvalues of the
 * tridiagonal matrix with zero diagonal that has ±σ for eigenvalues. AᵀA is not formed: its square roots would have half
 * the digits.
 *
 * Sources: Golub and Van Loan, "Matrix computations" (2013), 5.4.8 and 8.6.1; the implicit QL method of Bowdler, Martin,
 * Reinsch and Wilkinson (1968), as in EISPACK's `imtql1`.
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
  if (!beside.every(Number.isFinite) || !eigenvalues(values, beside)) return null
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
  const diagonal = new Float64Array(columns)
  const upper = new Float64Array(Math.max(0, columns - 1))
  const sums = new Float64Array(columns)
  for (let k = 0; k < columns; k++) {
    diagonal[k] = reflectColumn(a, rows, columns, k, sums)
    if (k + 1 < columns) upper[k] = reflectRow(a, rows, columns, k)
  }
  return [diagonal, upper]
}

/** Makes column k zero below the diagonal by a reflection of the rows from k on. Returns the diagonal's value. */
function reflectColumn(
  a: Float64Array,
  rows: number,
  columns: number,
  k: number,
  sums: Float64Array
): number {
  let square = 0
  for (let i = k; i < rows; i++) square += a[i * columns + k]! * a[i * columns + k]!
  if (square === 0) return 0
  const head = a[k * columns + k]!
  const alpha = head > 0 ? -Math.sqrt(square) : Math.sqrt(square)
  // v = x − α e₁, and the reflection is I − v vᵀ / (α (α − x₁))
  a[k * columns + k] = head - alpha
  const scale = 1 / (alpha * (alpha - head))
  sums.fill(0, k + 1)
  // four rows at a time: each sum is loaded and stored once for them
  let i = k
  for (; i + 4 <= rows; i += 4) {
    const [p, q, r, s] = [i * columns, (i + 1) * columns, (i + 2) * columns, (i + 3) * columns]
    const [u, v, w, x] = [a[p + k]!, a[q + k]!, a[r + k]!, a[s + k]!]
    for (let j = k + 1; j < columns; j++)
      sums[j] = sums[j]! + u * a[p + j]! + v * a[q + j]! + (w * a[r + j]! + x * a[s + j]!)
  }
  for (; i < rows; i++) {
    const v = a[i * columns + k]!
    for (let j = k + 1, at = i * columns + k + 1; j < columns; j++, at++) sums[j]! += v * a[at]!
  }
  for (let j = k + 1; j < columns; j++) sums[j]! *= scale
  for (i = k; i < rows; i++) subtract(a, i * columns, a[i * columns + k]!, sums, 0, k + 1, columns)
  return alpha
}

/** Makes row k zero right of the upper diagonal by a reflection of the columns from k + 1 on. */
function reflectRow(a: Float64Array, rows: number, columns: number, k: number): number {
  const own = k * columns
  let square = 0
  for (let j = k + 1; j < columns; j++) square += a[own + j]! * a[own + j]!
  if (square === 0) return 0
  const head = a[own + k + 1]!
  const alpha = head > 0 ? -Math.sqrt(square) : Math.sqrt(square)
  a[own + k + 1] = head - alpha
  const scale = 1 / (alpha * (alpha - head))
  for (let i = k + 1; i < rows; i++) {
    const row = i * columns
    let [even, odd] = [0, 0]
    let j = k + 1
    for (; j + 2 <= columns; j += 2) {
      even += a[own + j]! * a[row + j]!
      odd += a[own + j + 1]! * a[row + j + 1]!
    }
    if (j < columns) even += a[own + j]! * a[row + j]!
    subtract(a, row, (even + odd) * scale, a, own, k + 1, columns)
  }
  return alpha
}

/** a[row + j] −= factor · b[from + j], for j = `start` … `end − 1`. */
function subtract(
  a: Float64Array,
  row: number,
  factor: number,
  b: Float64Array,
  from: number,
  start: number,
  end: number
): void {
  let j = start
  for (; j + 4 <= end; j += 4) {
    a[row + j]! -= factor * b[from + j]!
    a[row + j + 1]! -= factor * b[from + j + 1]!
    a[row + j + 2]! -= factor * b[from + j + 2]!
    a[row + j + 3]! -= factor * b[from + j + 3]!
  }
  for (; j < end; j++) a[row + j]! -= factor * b[from + j]!
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

/**
 * A shared approximation of the inverse Hessian. All problems over one data matrix have Hessians of nearly
 * aₖ·G + I/(CΣw) per class, where G is the features' correlation matrix and aₖ the mean of p(1 − p). G's leading
 * eigenvectors are computed once; applying them costs two narrow products and saves most evaluations, because the
 * features of an encoder's deep layers are far from isotropic. This affects the speed of convergence, not the minimum.
 *
 * Sources: the bound on the Hessian, Böhning, "Multinomial logistic regression algorithm", Ann. Inst. Stat. Math. 44
 * (1992); subspace iteration with Rayleigh–Ritz, Golub and Van Loan (2013), section 8.2.
 */
import { normal, seededRandom } from "../../../src/support/random.ts"
import { jacobiEigenvectors } from "./eigen.ts"
import type { Matrix } from "./matrix.ts"
import { openMatrix } from "./matrix.ts"
import type { Shape } from "./shape.ts"

/** The largest number of eigenvectors kept; with no more features than this they are exact. */
const RANK = 64
const ITERATIONS = 2

export interface Spectrum {
  /** [rank × stride] the leading eigenvectors, one per row */
  readonly vectors: Matrix
  /** [rank] */
  readonly values: Float64Array
  /** the mean of the other eigenvalues; null if there are none */
  readonly rest: number | null
}

/**
 * The leading eigenvectors of MᵀM/n, without the column of ones.
 *
 * @param features M, [rows × stride]
 * @param n the rows of data
 */
export async function leadingSpectrum(
  features: Matrix,
  { width, stride: columns }: Shape,
  n: number,
  threads: number
): Promise<Spectrum> {
  const rank = Math.min(RANK, width)
  let basis = startingBasis(rank, width, columns)
  let image = await gramTimes(features, basis, rank, width)
  if (rank < width)
    for (let i = 0; i < ITERATIONS; i++) {
      basis = orthonormal(image, rank, columns)
      image = await gramTimes(features, basis, rank, width)
    }
  const small = new Float64Array(rank * rank)
  for (let i = 0; i < rank; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0
      for (let k = 0; k < columns; k++) sum += image[i * columns + k]! * basis[j * columns + k]!
      small[i * rank + j] = small[j * rank + i] = sum / n
    }
  const rotation = jacobiEigenvectors(small, rank)
  const vectors = new Float32Array(rank * columns)
  const mixed = new Float64Array(columns)
  for (let i = 0; i < rank; i++) {
    mixed.fill(0)
    for (let j = 0; j < rank; j++)
      for (let k = 0; k < columns; k++) mixed[k]! += rotation[i * rank + j]! * basis[j * columns + k]!
    vectors.set(mixed, i * columns)
  }
  const values = Float64Array.from({ length: rank }, (_, i) => Math.max(0, small[i * rank + i]!))
  // each standardised feature contributes 1 to the trace
  const trace = width - values.reduce((a, b) => a + b)
  const rest = rank === width ? null : Math.max(trace / (width - rank), 1e-2 * Math.min(...values))
  return { vectors: await openMatrix(vectors, rank, columns, threads), values, rest }
}

/** [rank × columns] the unit vectors if they span everything, else seeded noise. */
function startingBasis(rank: number, width: number, columns: number): Float32Array {
  const basis = new Float32Array(rank * columns)
  const random = seededRandom("logistic regression", "subspace")
  for (let i = 0; i < rank; i++)
    if (rank === width) basis[i * columns + i] = 1
    else for (let j = 0; j < width; j++) basis[i * columns + j] = normal(random)
  return basis
}

async function gramTimes(
  features: Matrix,
  basis: Float32Array,
  rank: number,
  width: number
): Promise<Float32Array> {
  const scores = new Float32Array(rank * features.rows)
  await features.timesTranspose(basis, rank, scores)
  const image = new Float32Array(basis.length)
  await features.times(scores, rank, image)
  for (let i = 0; i < rank; i++) image.fill(0, i * features.columns + width, (i + 1) * features.columns)
  return image
}

/** Modified Gram–Schmidt over the rows; a row that depends on the others becomes 0. */
function orthonormal(values: Float32Array, rank: number, columns: number): Float32Array {
  const rows = Array.from({ length: rank }, (_, i) =>
    Float64Array.from(values.subarray(i * columns, (i + 1) * columns))
  )
  const result = new Float32Array(values.length)
  rows.forEach((row, i) => {
    const before = norm(row)
    for (let j = 0; j < i; j++) {
      const other = rows[j]!
      let along = 0
      for (let k = 0; k < columns; k++) along += row[k]! * other[k]!
      for (let k = 0; k < columns; k++) row[k]! -= along * other[k]!
    }
    const after = norm(row)
    const factor = after > 1e-6 * before ? 1 / after : 0
    for (let k = 0; k < columns; k++) row[k]! *= factor
    result.set(row, i * columns)
  })
  return result
}

function norm(row: Float64Array): number {
  let squares = 0
  for (const value of row) squares += value * value
  return Math.sqrt(squares)
}

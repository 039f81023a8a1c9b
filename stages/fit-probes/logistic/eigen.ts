/**
 * Eigenvectors of a symmetric matrix by cyclic Jacobi rotations, accurate enough for a preconditioner.
 *
 * Source: Golub and Van Loan, "Matrix computations" (2013), section 8.5.
 *
 * @param matrix [n × n], overwritten; its diagonal ends up holding the eigenvalues
 * @returns [n × n] the eigenvectors, one per row, in no particular order
 */
export function jacobiEigenvectors(matrix: Float64Array, n: number, tolerance = 1e-4): Float64Array {
  const vectors = new Float64Array(n * n)
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1
  for (let sweep = 0; sweep < 12; sweep++) {
    let off = 0
    let diagonal = 0
    for (let i = 0; i < n; i++) {
      diagonal += matrix[i * n + i]! * matrix[i * n + i]!
      for (let j = 0; j < i; j++) off += 2 * (matrix[i * n + j]! * matrix[i * n + j]!)
    }
    if (off <= tolerance * tolerance * diagonal) break
    const small = (1e-3 * tolerance * Math.sqrt(diagonal)) / n
    for (let p = 0; p < n - 1; p++)
      for (let q = p + 1; q < n; q++)
        if (Math.abs(matrix[p * n + q]!) > small) rotate(matrix, vectors, n, p, q)
  }
  return vectors
}

function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const apq = a[p * n + q]!
  const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * apq)
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
  const c = 1 / Math.sqrt(t * t + 1)
  const s = t * c
  const app = a[p * n + p]! - t * apq
  const aqq = a[q * n + q]! + t * apq
  for (let k = 0, pk = p * n, qk = q * n; k < n; k++, pk++, qk++) {
    const x = a[pk]!
    const y = a[qk]!
    a[pk] = c * x - s * y
    a[qk] = s * x + c * y
    const vx = v[pk]!
    const vy = v[qk]!
    v[pk] = c * vx - s * vy
    v[qk] = s * vx + c * vy
  }
  a[p * n + p] = app
  a[q * n + q] = aqq
  a[p * n + q] = 0
  a[q * n + p] = 0
  for (let k = 0; k < n; k++) {
    a[k * n + p] = a[p * n + k]!
    a[k * n + q] = a[q * n + k]!
  }
}

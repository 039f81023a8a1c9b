/** Scores and log-probabilities of a fitted problem on rows of the shared matrix. */
import { exp, log } from "../../../src/support/elementary/exponential.ts"
import type { Matrix } from "./matrix.ts"
import type { Regression } from "./problem.ts"
import type { Shape } from "./shape.ts"

/** [rows × K] scores of the problem's own classes, of which there are at least two; two classes have 0 and z. */
export async function classScores(
  features: Matrix,
  { width }: Shape,
  { scaling: { mean, inverse }, vectors }: Regression,
  solution: Float32Array,
  rows: Int32Array
): Promise<Float64Array> {
  const { rows: n, columns } = features
  const vectorsIn = new Float32Array(vectors * columns)
  const offsets = Float64Array.from({ length: vectors }, (_, k) => {
    const at = k * columns
    let offset = solution[at + width]!
    for (let j = 0; j < width; j++) {
      // the offset must use the rounded value
      const value = Math.fround(solution[at + j]! * inverse[j]!)
      vectorsIn[at + j] = value
      offset -= mean[j]! * value
    }
    return offset
  })
  const scores = new Float32Array(vectors * n)
  await features.timesTranspose(vectorsIn, vectors, scores)
  const classes = Math.max(2, vectors)
  const result = new Float64Array(rows.length * classes)
  for (let t = 0; t < rows.length; t++) {
    const at = t * classes
    for (let k = 0; k < vectors; k++)
      result[at + classes - vectors + k] = scores[k * n + rows[t]!]! + offsets[k]!
  }
  return result
}

/** [rows × K] natural logs of the probabilities of the problem's own classes. */
export async function logProbabilities(...given: Parameters<typeof classScores>): Promise<Float64Array> {
  const result = await classScores(...given)
  const [, , { vectors }, , rows] = given
  const classes = Math.max(2, vectors)
  for (let at = 0; at < rows.length * classes; at += classes) {
    let highest = -Infinity
    for (let k = 0; k < classes; k++) highest = Math.max(highest, result[at + k]!)
    let sum = 0
    for (let k = 0; k < classes; k++) sum += exp(result[at + k]! - highest)
    const norm = highest + log(sum)
    for (let k = 0; k < classes; k++) result[at + k]! -= norm
  }
  return result
}

/**
 * A constant float32 matrix M [rows × columns], and its products with narrow matrices.
 *
 * Large products run in onnxruntime, with M packed once; small ones, not worth a session, are plain loops. The choice
 * depends only on M's size. In both, a row of the product depends only on its own row of A, bit for bit, and not on the
 * other rows in the call (onnxruntime's packed kernel sums an element in the same order for any number of rows; a test
 * checks this). So problems may be grouped freely.
 */
import type { InferenceSession, Tensor } from "onnxruntime-node"
import type { Product } from "./gemm-graph.ts"
import { gemmGraph, MATRIX_LOCATION } from "./gemm-graph.ts"

export interface Matrix {
  readonly rows: number
  readonly columns: number
  /** y [k × rows] = a [k × columns] · Mᵀ */
  timesTranspose(a: Float32Array, k: number, y: Float32Array): Promise<void>
  /** y [k × columns] = a [k × rows] · M */
  times(a: Float32Array, k: number, y: Float32Array): Promise<void>
  release(): Promise<void>
}

/** Up to this many values, plain loops are used. */
export const PLAIN_LIMIT = 4096

/**
 * @param values [rows × columns] row-major; must not be changed while the matrix is in use
 * @param threads used by large products; their number does not change a bit
 */
export function openMatrix(
  values: Float32Array,
  rows: number,
  columns: number,
  threads: number
): Promise<Matrix> {
  return values.length <= PLAIN_LIMIT
    ? Promise.resolve(plainMatrix(values, rows, columns))
    : runtimeMatrix(values, rows, columns, threads)
}

export function plainMatrix(values: Float32Array, rows: number, columns: number): Matrix {
  const multiply = {
    timesTranspose(a: Float32Array, k: number, y: Float32Array): void {
      for (let i = 0; i < k; i++)
        for (let row = 0; row < rows; row++) {
          let sum = 0
          for (let j = 0; j < columns; j++) sum += a[i * columns + j]! * values[row * columns + j]!
          y[i * rows + row] = sum
        }
    },
    times(a: Float32Array, k: number, y: Float32Array): void {
      const sums = new Float64Array(columns)
      for (let i = 0; i < k; i++) {
        sums.fill(0)
        for (let row = 0; row < rows; row++) {
          const factor = a[i * rows + row]!
          if (factor !== 0) for (let j = 0; j < columns; j++) sums[j]! += factor * values[row * columns + j]!
        }
        y.set(sums, i * columns)
      }
    }
  }
  return {
    rows,
    columns,
    timesTranspose: async (a, k, y) => multiply.timesTranspose(a, k, y),
    times: async (a, k, y) => multiply.times(a, k, y),
    release: async () => {}
  }
}

/** @throws Error from onnxruntime if it cannot be loaded or rejects the matrix */
export async function runtimeMatrix(
  values: Float32Array,
  rows: number,
  columns: number,
  threads: number
): Promise<Matrix> {
  const { InferenceSession, Tensor } = await import("onnxruntime-node")
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  const open = (product: Product) =>
    InferenceSession.create(gemmGraph(product, rows, columns), {
      externalData: [{ path: MATRIX_LOCATION, data }],
      executionMode: "sequential",
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
      // between products, threads would otherwise wait in a busy loop
      extra: { session: { intra_op: { allow_spinning: "0" } } }
    })
  const run = async (
    session: InferenceSession,
    a: Float32Array,
    k: number,
    y: Float32Array,
    from: number,
    to: number
  ) => {
    const feeds: Record<string, Tensor> = { A: new Tensor("float32", a.subarray(0, k * from), [k, from]) }
    await session.run(feeds, { Y: new Tensor("float32", y.subarray(0, k * to), [k, to]) })
  }
  const transpose = await open("times-transpose")
  const straight = await open("times")
  return {
    rows,
    columns,
    timesTranspose: (a, k, y) => run(transpose, a, k, y, columns, rows),
    times: (a, k, y) => run(straight, a, k, y, rows, columns),
    release: async () => {
      await transpose.release()
      await straight.release()
    }
  }
}

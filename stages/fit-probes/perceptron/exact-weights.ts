/**
 * One vector of weights with scikit-learn's arithmetic: products are rounded to the data's type and summed one by one in
 * double; weights are rounded to the data's type.
 */

/** [rows × stride], row-major; the first `width` values of a row are its features */
export interface FeatureRows<T extends Float32Array | Float64Array> {
  readonly x: T
  readonly stride: number
  readonly width: number
}

export interface ExactWeights {
  score(row: number): number
  /** Adds the row (sign 1), or subtracts it (−1). */
  add(row: number, sign: number): void
}

export class Float32Weights implements ExactWeights {
  /** [width], or longer */
  readonly values: Float32Array
  private readonly rows: FeatureRows<Float32Array>

  constructor(values: Float32Array, rows: FeatureRows<Float32Array>) {
    this.values = values
    this.rows = rows
  }

  score(row: number): number {
    const { values, rows } = this
    const { x, stride, width } = rows
    const start = row * stride
    let score = 0
    for (let j = 0; j < width; j++) score += Math.fround(values[j]! * x[start + j]!)
    return score
  }

  add(row: number, sign: number): void {
    const { values, rows } = this
    const { x, stride, width } = rows
    const start = row * stride
    for (let j = 0; j < width; j++) values[j]! += sign * x[start + j]! // rounded when stored
  }
}

export class Float64Weights implements ExactWeights {
  /** [width] */
  readonly values: Float64Array
  private readonly rows: FeatureRows<Float64Array>

  constructor(values: Float64Array, rows: FeatureRows<Float64Array>) {
    this.values = values
    this.rows = rows
  }

  score(row: number): number {
    const { values, rows } = this
    const { x, stride, width } = rows
    const start = row * stride
    let score = 0
    for (let j = 0; j < width; j++) score += values[j]! * x[start + j]!
    return score
  }

  add(row: number, sign: number): void {
    const { values, rows } = this
    const { x, stride, width } = rows
    const start = row * stride
    for (let j = 0; j < width; j++) values[j]! += sign * x[start + j]!
  }
}

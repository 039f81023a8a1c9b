/** The shape of the shared matrix. */
export interface Shape {
  /** features */
  readonly width: number
  /** columns: the features, one of ones for the intercept, and zeros up to a multiple of 8 */
  readonly stride: number
  /** the data's rows, and zeros up to a multiple of 8 */
  readonly rows: number
}

export const shapeOf = (rows: number, width: number): Shape => ({
  width,
  stride: Math.ceil((width + 1) / 8) * 8,
  rows: Math.ceil(rows / 8) * 8
})

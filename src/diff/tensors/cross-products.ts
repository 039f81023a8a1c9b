/** Sums of products of columns, XᵀY, block by block in float64. */
import { blockRows, panel, panelBytes, productKernel, tileBytes } from "./product-kernel.ts"

const panelsOf = (width: number) => Math.ceil(width / panel)
const tileSize = panel * panel

/** A block of rows, in panels of columns. Unused rows and columns are 0. */
export class PackedRows {
  readonly width: number
  readonly values: Float64Array
  rows = 0
  constructor(width: number) {
    this.width = width
    this.values = new Float64Array((panelsOf(width) * panelBytes) / 8)
  }

  get isFull(): boolean {
    return this.rows === blockRows
  }
  /** Appends a row. */
  add(row: Float64Array): void {
    const { values, width, rows } = this
    for (let k = 0; k < width; k++) values[(k >>> 2) * blockRows * panel + rows * panel + (k & 3)] = row[k]!
    this.rows++
  }
  clear(): void {
    this.values.fill(0)
    this.rows = 0
  }
}

/** XᵀY of all blocks added. */
export class Products {
  readonly rows: number
  readonly columns: number
  /** whether X = Y, so that tiles below the diagonal are not computed */
  readonly #isSymmetric: boolean
  /** tile by tile */
  readonly #sums: Float64Array
  constructor(rows: number, columns: number, isSymmetric: boolean) {
    this.rows = rows
    this.columns = columns
    this.#isSymmetric = isSymmetric
    this.#sums = new Float64Array(panelsOf(rows) * panelsOf(columns) * tileSize)
  }

  add(x: PackedRows, y: PackedRows): void {
    const [down, across] = [panelsOf(this.rows), panelsOf(this.columns)]
    const yAt = down * panelBytes
    const outAt = yAt + across * panelBytes
    const { multiply, memory } = productKernel(outAt + across * tileBytes)
    new Float64Array(memory, 0, x.values.length).set(x.values)
    new Float64Array(memory, yAt, y.values.length).set(y.values)
    const strip = new Float64Array(memory, outAt, across * tileSize)
    for (let i = 0; i < down; i++) {
      const first = this.#isSymmetric ? i : 0
      multiply(i * panelBytes, (i + 1) * panelBytes, yAt + first * panelBytes, outAt, outAt)
      const at = (i * across + first) * tileSize
      for (let k = 0, end = (across - first) * tileSize; k < end; k++) this.#sums[at + k]! += strip[k]!
    }
  }

  /** [rows × columns], row-major. */
  dense(): Float64Array {
    const { rows, columns } = this
    const result = new Float64Array(rows * columns)
    const across = panelsOf(columns)
    for (let i = 0; i < rows; i++)
      for (let j = this.#isSymmetric ? i : 0; j < columns; j++) {
        const value = this.#sums[((i >>> 2) * across + (j >>> 2)) * tileSize + (i & 3) * panel + (j & 3)]!
        result[i * columns + j] = value
        if (this.#isSymmetric) result[j * columns + i] = value
      }
    return result
  }
}

/** Column statistics, gathered batch by batch, so that no column has to fit in memory. */
import type { AnyColumn } from "../pipeline/columns.ts"

export interface ColumnStatistics {
  readonly column: string
  /** `float64`, `nullable utf8`, `list of int32` */
  readonly type: string
  readonly nulls: number
  /** number of distinct texts, files, integers or booleans; null if not counted */
  readonly distinct: number | null
  /** `distinct` is a lower bound */
  readonly distinctAtLeast: boolean
  /** of numbers, list lengths, or file sizes in bytes; NaN excluded */
  readonly min: number | null
  readonly mean: number | null
  readonly max: number | null
  readonly nan: number
}

/** Distinct values counted per column; beyond, the count is a lower bound. */
const mostDistinct = 100_000
const counted = new Set(["utf8", "int32", "bool", "file"])
const measured = new Set(["int32", "float64", "list", "file"])

export class ColumnGatherer {
  readonly #name: string
  readonly #type: string
  readonly #kind: string
  readonly #seen = new Set<unknown>()
  #more = false
  #nulls = 0
  #nan = 0
  #numbers = 0
  #mean = 0
  #min = Infinity
  #max = -Infinity
  constructor(name: string, column: AnyColumn) {
    this.#name = name
    this.#type = typeText(column)
    this.#kind = column.type === "nullable" ? (column.detail as AnyColumn).type : column.type
  }

  add(cells: ReadonlyArray<unknown>): void {
    for (const cell of cells) {
      if (cell === null || cell === undefined) this.#nulls++
      else {
        if (counted.has(this.#kind))
          this.#tell(this.#kind === "file" ? (cell as { sha256: string }).sha256 : cell)
        if (measured.has(this.#kind)) this.#measure(numberOf(this.#kind, cell))
      }
    }
  }

  result(): ColumnStatistics {
    const some = this.#numbers > 0
    return {
      column: this.#name,
      type: this.#type,
      nulls: this.#nulls,
      distinct: counted.has(this.#kind) ? this.#seen.size : null,
      distinctAtLeast: this.#more,
      min: some ? this.#min : null,
      mean: some ? this.#mean : null,
      max: some ? this.#max : null,
      nan: this.#nan
    }
  }

  #tell(value: unknown): void {
    if (this.#seen.size < mostDistinct) this.#seen.add(value)
    else if (!this.#seen.has(value)) this.#more = true
  }
  #measure(value: number): void {
    if (Number.isNaN(value)) {
      this.#nan++
      return
    }
    this.#numbers++
    // Welford's update: no large sums
    this.#mean = Number.isFinite(value)
      ? this.#mean + (value - this.#mean) / this.#numbers
      : this.#mean + value
    if (value < this.#min) this.#min = value
    if (value > this.#max) this.#max = value
  }
}

const numberOf = (kind: string, cell: unknown): number =>
  kind === "list"
    ? (cell as ReadonlyArray<unknown>).length
    : kind === "file"
      ? (cell as { readonly size: number }).size
      : (cell as number)

export function typeText(column: AnyColumn): string {
  if (column.type === "nullable") return `nullable ${typeText(column.detail as AnyColumn)}`
  if (column.type === "list") return `list of ${typeText(column.detail as AnyColumn)}`
  if (column.type === "tensors") return `tensors (${(column.detail as ReadonlyArray<string>).join(" × ")})`
  return column.type
}

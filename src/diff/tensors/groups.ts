/** Groups of rows: rows with the same texts in the row key, such as one task, source and token. */
import type { SideRows } from "../align/row-block.ts"

/** With more groups than this, all rows are one group. */
export const mostGroups = 64

export class RowGroups {
  /** the columns whose texts make a group */
  readonly columns: ReadonlyArray<string>
  readonly #index = new Map<string, number>()
  readonly #names: Array<ReadonlyArray<string | null>> = []
  #isOne = false
  constructor(columns: ReadonlyArray<string>) {
    this.columns = columns
  }

  /** Whether there were too many groups, or no texts, and all rows are group 0. */
  get isOne(): boolean {
    return this.#isOne || this.columns.length === 0
  }
  get count(): number {
    return this.isOne ? 1 : this.#names.length
  }
  /** The texts of a group, by column; null if all rows are one group. */
  name(group: number): ReadonlyArray<string | null> {
    return this.isOne ? this.columns.map(() => null) : this.#names[group]!
  }

  /** The group of a row. */
  of({ vectors }: SideRows, row: number): number {
    if (this.isOne) return 0
    const texts = this.columns.map((name) => vectors[name]![row] as string | null)
    const key = JSON.stringify(texts)
    const known = this.#index.get(key)
    if (known !== undefined) return known
    if (this.#names.length === mostGroups) {
      this.#isOne = true
      return 0
    }
    this.#index.set(key, this.#names.length)
    this.#names.push(texts)
    return this.#names.length - 1
  }
}

/** Rows of both sides, matched by key. */
import type { Vectors } from "../../store/items/read-artifact.ts"

/** Some rows of one side. */
export interface SideRows {
  /** cells by column: those of the row key, and those of plain columns that differ in some item */
  readonly vectors: Vectors
  /** of each row: the index of its shard in the manifest, and its index there */
  readonly shard: Int32Array
  readonly row: Int32Array
}
/** A unit of rows that is compared as a whole: an item, or a row of a table without items. */
export interface BlockUnit {
  /** the item's id, or "" */
  readonly item: string
  /** by compared column: whether its values may differ */
  readonly differs: ReadonlyArray<boolean>
  /** add it to the index of a row to get its position on either side; null if the item alone names the row */
  readonly first: readonly [a: number, b: number] | null
}
export interface RowBlock {
  readonly units: ReadonlyArray<BlockUnit>
  /** Matched rows: the index of their unit, and of the row on either side. Units come one after another. */
  readonly unit: Int32Array
  readonly a: Int32Array
  readonly b: Int32Array
  readonly rows: readonly [SideRows, SideRows]
  /** the columns that name a row */
  readonly key: ReadonlyArray<string>
  /** rows without a partner */
  readonly removed: ReadonlyArray<UnmatchedRow>
  readonly added: ReadonlyArray<UnmatchedRow>
  /** rows with the key of an earlier row of the same side */
  readonly repeated: number
}
export interface UnmatchedRow {
  readonly unit: number
  /** the index of the row on its side; −1 if it was not read */
  readonly row: number
}

/**
 * A row's key as text: the same for the same values, and for no others. As `run/row-keys.ts` has it: null is a value,
 * −0 is 0 and NaN is NaN.
 */
export function keyText(vectors: Vectors, key: ReadonlyArray<string>, row: number): string {
  let text = ""
  for (const name of key) {
    const value = vectors[name]![row]
    text += typeof value === "string" ? `${value.length}:${value}` : `${typeof value}${String(value)};`
  }
  return text
}

/** `scene-7 · token avg_obj · task 2`; without a row key the row's position, counted from 0. */
export function rowLabel({ units, rows, key }: RowBlock, side: 0 | 1, unit: number, row: number): string {
  const { item, first } = units[unit]!
  if (row < 0) return item
  const { vectors } = rows[side]
  const parts = item === "" ? [] : [item]
  for (const name of key) parts.push(`${name} ${String(vectors[name]![row])}`)
  if (key.length === 0 && first !== null) parts.push(`row ${row + first[side]}`)
  return parts.join(" · ")
}

/** The rows of one unit: `first` … `end − 1` of a side. */
export interface RowRange {
  readonly first: number
  readonly end: number
}

/** Collects matched rows of units. */
export class BlockBuilder {
  readonly units: Array<BlockUnit> = []
  readonly #unit: Array<number> = []
  readonly #a: Array<number> = []
  readonly #b: Array<number> = []
  readonly removed: Array<UnmatchedRow> = []
  readonly added: Array<UnmatchedRow> = []
  repeated = 0

  add(unit: number, a: number, b: number): void {
    this.#unit.push(unit)
    this.#a.push(a)
    this.#b.push(b)
  }

  /** Matches the rows of an item: by key, or by position if `key` is empty. */
  match(
    unit: number,
    rows: readonly [SideRows, SideRows],
    [x, y]: readonly [RowRange, RowRange],
    key: ReadonlyArray<string>
  ): void {
    if (key.length === 0) {
      const common = Math.min(x.end - x.first, y.end - y.first)
      for (let i = 0; i < common; i++) this.add(unit, x.first + i, y.first + i)
      for (let row = x.first + common; row < x.end; row++) this.removed.push({ unit, row })
      for (let row = y.first + common; row < y.end; row++) this.added.push({ unit, row })
      return
    }
    // rows of A by key; a repeated key has several, and the first is taken first
    const waiting = new Map<string, Array<number>>()
    for (let row = x.first; row < x.end; row++) {
      const text = keyText(rows[0].vectors, key, row)
      const others = waiting.get(text)
      if (others === undefined) waiting.set(text, [row])
      else {
        this.repeated++
        others.push(row)
      }
    }
    const partner = new Map<number, number>()
    const seen = new Set<string>()
    for (let row = y.first; row < y.end; row++) {
      const text = keyText(rows[1].vectors, key, row)
      if (seen.has(text)) this.repeated++
      seen.add(text)
      const found = waiting.get(text)?.shift()
      if (found === undefined) this.added.push({ unit, row })
      else partner.set(found, row)
    }
    for (let row = x.first; row < x.end; row++) {
      const other = partner.get(row)
      if (other === undefined) this.removed.push({ unit, row })
      else this.add(unit, row, other)
    }
  }

  block(rows: readonly [SideRows, SideRows], key: ReadonlyArray<string>): RowBlock {
    const { units, removed, added, repeated } = this
    const [unit, a, b] = [this.#unit, this.#a, this.#b].map((list) => Int32Array.from(list))
    return { units, unit: unit!, a: a!, b: b!, rows, key, removed, added, repeated }
  }
}

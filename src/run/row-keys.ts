/** Finds rows with the same row key: among the rows of an item, or among all rows of a table. */
import { hash } from "node:crypto"
import { own } from "../support/own.ts"

type Row = Readonly<Record<string, unknown>>

/** Of a row whose cells have been checked: the same text for the same values, and for no others. */
export function rowKeyText(row: Row, rowKey: ReadonlyArray<string>): string {
  let text = ""
  for (const name of rowKey) {
    const value = own(row, name)
    // a text begins with its length, so that no text looks like another value, or like two
    text += typeof value === "string" ? `${value.length}:${value}` : `${typeof value}${String(value)};`
  }
  return text
}

/** The index of an earlier row with the same key as row `i`, for the first such `i`; null if there is none. */
export function repeatedKey(
  rows: ReadonlyArray<Row>,
  rowKey: ReadonlyArray<string>
): { readonly row: number; readonly earlier: number } | null {
  if (rows.length < 2) return null
  const seen = new Map<string, number>()
  for (let row = 0; row < rows.length; row++) {
    const text = rowKeyText(rows[row]!, rowKey)
    const earlier = seen.get(text)
    if (earlier !== undefined) return { row, earlier }
    seen.set(text, row)
  }
  return null
}

/** Words per slot: three of the hash, and the row's number from 1; 0 if the slot is free. */
const words = 4

/**
 * The keys of a table's rows, which come one by one and may be many: a slot of 16 bytes each, of which at most three
 * quarters are filled, so 21 to 43 bytes a row; half as much again while it grows. A million rows take 32 MiB.
 *
 * A slot holds 96 bits of the key's sha256 in place of the key. Among 100 million rows, two different keys have the same
 * bits with a probability of 1e-13.
 */
export class TableKeys {
  /** open addressing */
  #slots = new Uint32Array(words * 1024)
  #rows = 0

  /** The index of the earlier row with the same key; null if there is none. */
  add(text: string): number | null {
    const digits = hash("sha256", text)
    const a = wordOf(digits, 0)
    const b = wordOf(digits, 8)
    const c = wordOf(digits, 16)
    const slot = this.#slotOf(a, b, c)
    const earlier = this.#slots[slot + 3]!
    if (earlier > 0) return earlier - 1
    this.#put(slot, a, b, c, ++this.#rows)
    if (this.#rows * words * 4 > this.#slots.length * 3) this.#grow()
    return null
  }

  /** The slot of a hash, or the free slot where it would go. */
  #slotOf(a: number, b: number, c: number): number {
    const slots = this.#slots
    // the number of slots is a power of two, and below 2 ** 31
    const mask = slots.length / words - 1
    for (let i = a & mask; ; i = (i + 1) & mask) {
      const slot = i * words
      if (slots[slot + 3] === 0) return slot
      if (slots[slot] === a && slots[slot + 1] === b && slots[slot + 2] === c) return slot
    }
  }
  #put(slot: number, a: number, b: number, c: number, row: number): void {
    const slots = this.#slots
    slots[slot] = a
    slots[slot + 1] = b
    slots[slot + 2] = c
    slots[slot + 3] = row
  }
  #grow(): void {
    const old = this.#slots
    this.#slots = new Uint32Array(2 * old.length)
    for (let at = 0; at < old.length; at += words) {
      if (old[at + 3] === 0) continue
      const [a, b, c, row] = [old[at]!, old[at + 1]!, old[at + 2]!, old[at + 3]!]
      this.#put(this.#slotOf(a, b, c), a, b, c, row)
    }
  }
}

/** Eight hexadecimal digits as an unsigned number. */
const wordOf = (digits: string, at: number): number => Number.parseInt(digits.slice(at, at + 8), 16)

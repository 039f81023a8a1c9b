/**
 * An array of texts in one block: UTF-8 and offsets, in Arrow's layout.
 *
 * It holds the ids of very many items: as JavaScript strings they took 40 bytes each, and were created and
 * discarded where only their bytes were needed.
 */
export class StringArray implements Iterable<string> {
  /** text i is `bytes[offsets[i]]` … `bytes[offsets[i + 1] − 1]`; the first offset is 0 */
  readonly offsets: Int32Array
  readonly bytes: Buffer
  constructor(offsets: Int32Array, bytes: Buffer) {
    this.offsets = offsets
    this.bytes = bytes
  }

  static of(texts: ReadonlyArray<string>): StringArray {
    const offsets = new Int32Array(texts.length + 1)
    for (let i = 0; i < texts.length; i++) offsets[i + 1] = offsets[i]! + Buffer.byteLength(texts[i]!)
    const bytes = Buffer.allocUnsafeSlow(offsets[texts.length]!)
    for (let i = 0; i < texts.length; i++) bytes.write(texts[i]!, offsets[i]!)
    return new StringArray(offsets, bytes)
  }

  get length(): number {
    return this.offsets.length - 1
  }
  at(i: number): string {
    return this.bytes.toString("utf8", this.offsets[i], this.offsets[i + 1])
  }
  /** Whether two texts are equal, byte by byte. */
  same(i: number, other: StringArray, k: number): boolean {
    const from = this.offsets[i]!
    const start = other.offsets[k]!
    const length = this.offsets[i + 1]! - from
    if (other.offsets[k + 1]! - start !== length) return false
    for (let at = 0; at < length; at++) if (this.bytes[from + at] !== other.bytes[start + at]) return false
    return true
  }

  /** The index of this UTF-8 text among texts `from` … `to − 1`, or −1. */
  indexOf(wanted: Uint8Array, from = 0, to = this.length): number {
    const { offsets, bytes } = this
    for (let i = from; i < to; i++) {
      const [start, end] = [offsets[i]!, offsets[i + 1]!]
      if (end - start === wanted.length && bytes.compare(wanted, 0, wanted.length, start, end) === 0) return i
    }
    return -1
  }

  /** All texts. ASCII ones are cut from one string, which takes a third of the time. */
  strings(): Array<string> {
    const { offsets, bytes, length } = this
    const all = bytes.toString("utf8")
    const isAscii = all.length === bytes.length
    return Array.from({ length }, (_, i) => (isAscii ? all.slice(offsets[i], offsets[i + 1]) : this.at(i)))
  }
  [Symbol.iterator](): Iterator<string> {
    return this.strings()[Symbol.iterator]()
  }
}

/** Concatenates several arrays. */
export function joinedStrings(parts: ReadonlyArray<StringArray>): StringArray {
  if (parts.length === 1) return parts[0]!
  const offsets = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0) + 1)
  let at = 0
  for (const part of parts)
    for (let i = 0; i < part.length; i++, at++)
      offsets[at + 1] = offsets[at]! + part.offsets[i + 1]! - part.offsets[i]!
  return new StringArray(offsets, Buffer.concat(parts.map(({ bytes }) => bytes)))
}

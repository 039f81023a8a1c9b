/** Item keys packed into one array, 16 bytes each: as strings, the keys of a million items took 120 MB. */
import { digestBytes, writeDigest } from "../format/value-encoding.ts"

/** Bytes of a key: a sha256, truncated as digests of items are. */
export const keyBytes = digestBytes
/** The same in 32-bit words. */
const keyWords = keyBytes / 4

export class PackedKeys {
  readonly length: number
  readonly #bytes: Buffer
  constructor(length: number) {
    this.length = length
    this.#bytes = Buffer.alloc(length * keyBytes)
  }

  /** Sets key i to the truncated digest of these bytes. */
  set(i: number, preimage: Uint8Array): void {
    writeDigest(this.#bytes, i, preimage)
  }

  /** In hexadecimal, as in traces. */
  at(i: number): string {
    return this.#bytes.toString("hex", i * keyBytes, (i + 1) * keyBytes)
  }

  /**
   * Makes a lookup from all current keys. It finds the `k`-th of other packed keys, and returns its index or
   * −1.
   */
  index(): (others: Uint32Array, k: number) => number {
    const words = wordsOf(this.#bytes)
    // keys are evenly distributed, so any of their words is a hash: open addressing, at most half full
    const slots = new Int32Array(1 << (32 - Math.clz32(this.length * 2))).fill(-1)
    const mask = slots.length - 1
    const same = (i: number, others: Uint32Array, k: number) => {
      for (let word = 0; word < keyWords; word++)
        if (words[i * keyWords + word] !== others[k * keyWords + word]) return false
      return true
    }
    /** The slot of a key, or the free slot where it would go. */
    const slotOf = (others: Uint32Array, k: number): number => {
      let slot = others[k * keyWords]! & mask
      while (slots[slot] !== -1 && !same(slots[slot]!, others, k)) slot = (slot + 1) & mask
      return slot
    }
    for (let i = 0; i < this.length; i++) slots[slotOf(words, i)] = i
    return (others, k) => slots[slotOf(others, k)]!
  }
}

/**
 * Packs keys from hexadecimal. Anything that is not a key, such as the empty text of an item without one,
 * becomes zeros.
 */
export function packedKeys(keys: ReadonlyArray<string>): Uint32Array {
  const packed = Buffer.alloc(keys.length * keyBytes)
  keys.forEach((key, i) => {
    const [from, to] = [i * keyBytes, (i + 1) * keyBytes]
    if (packed.write(key, from, keyBytes, "hex") < keyBytes) packed.fill(0, from, to)
  })
  return wordsOf(packed)
}

const wordsOf = ({ buffer, byteOffset, byteLength }: Buffer) =>
  new Uint32Array(buffer, byteOffset, byteLength / 4)

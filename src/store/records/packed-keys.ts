/** Keys of items, 16 bytes each in one piece: as texts, those of a million items took 120 MB. */
import { digestBytes, writeDigest } from "../format/value-encoding.ts"

/** Bytes of a key: a sha256, truncated as digests of items are. */
export const keyBytes = digestBytes
/** … and numbers of 32 bits */
const keyWords = keyBytes / 4

export class PackedKeys {
  readonly length: number
  readonly #bytes: Buffer
  constructor(length: number) {
    this.length = length
    this.#bytes = Buffer.alloc(length * keyBytes)
  }

  /** Key i is of these bytes. */
  set(i: number, preimage: Uint8Array): void {
    writeDigest(this.#bytes, i, preimage)
  }

  /** In hexadecimal, as traces have it. */
  at(i: number): string {
    return this.#bytes.toString("hex", i * keyBytes, (i + 1) * keyBytes)
  }

  /** Finds the `k`-th of other keys, packed alike: which one it is, or −1. Made from all keys as they are now. */
  index(): (others: Uint32Array, k: number) => number {
    const words = wordsOf(this.#bytes)
    // keys are evenly spread, so that one of their words is a hash: open addressing, at most half full
    const slots = new Int32Array(1 << (32 - Math.clz32(this.length * 2))).fill(-1)
    const mask = slots.length - 1
    const same = (i: number, others: Uint32Array, k: number) => {
      for (let word = 0; word < keyWords; word++)
        if (words[i * keyWords + word] !== others[k * keyWords + word]) return false
      return true
    }
    /** The slot of a key, or the free one where it would be. */
    const slotOf = (others: Uint32Array, k: number): number => {
      let slot = others[k * keyWords]! & mask
      while (slots[slot] !== -1 && !same(slots[slot]!, others, k)) slot = (slot + 1) & mask
      return slot
    }
    for (let i = 0; i < this.length; i++) slots[slotOf(words, i)] = i
    return (others, k) => slots[slotOf(others, k)]!
  }
}

/** Keys in hexadecimal, packed. What is no key, such as the empty text of an item that has none, is zeros. */
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

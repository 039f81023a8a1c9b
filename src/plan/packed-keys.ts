/** Keys of items, 16 bytes each in one piece: as texts, those of a million items took 120 MB. */
import { digestBytes, writeDigest } from "../store/value-encoding.ts"

/** Bytes of a key: a sha256, truncated as digests of items are. */
export const keyBytes = digestBytes

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

  /** Finds keys, in hexadecimal: which one it is, or −1. Made from all keys as they are now. */
  index(): (key: string) => number {
    const bytes = this.#bytes
    // keys are evenly spread, so that four of their bytes are a hash: open addressing, at most half full
    const slots = new Int32Array(1 << (32 - Math.clz32(this.length * 2))).fill(-1)
    const mask = slots.length - 1
    const same = (i: number, other: Buffer, at: number) =>
      bytes.compare(other, at, at + keyBytes, i * keyBytes, (i + 1) * keyBytes) === 0
    /** The slot of a key, or the free one where it would be. */
    const slotOf = (key: Buffer, at: number): number => {
      let slot = key.readUInt32LE(at) & mask
      while (slots[slot] !== -1 && !same(slots[slot]!, key, at)) slot = (slot + 1) & mask
      return slot
    }
    for (let i = 0; i < this.length; i++) slots[slotOf(bytes, i * keyBytes)] = i
    const wanted = Buffer.alloc(keyBytes)
    return (key) => (wanted.write(key, "hex") === keyBytes ? slots[slotOf(wanted, 0)]! : -1)
  }
}

/**
 * The ids that a source has yielded, for detecting duplicates: 8 bytes of hash each, since there may be very
 * many.
 *
 * A set of strings took 60 bytes per item. Two ids may have the same hash, though hardly ever; so the caller
 * must confirm an apparent duplicate.
 */
export class SeenIds {
  readonly #hasCome: (id: string) => boolean
  readonly #hashOf: (id: string) => readonly [number, number]
  /** two words per slot, both 0 if it is free; open addressing, at most three quarters full */
  #slots = new Uint32Array(2 * 1024)
  #size = 0
  constructor(hasCome: (id: string) => boolean, hashOf = hash64) {
    this.#hasCome = hasCome
    this.#hashOf = hashOf
  }

  /** False if the id was apparently seen before. */
  add(id: string): boolean {
    const [low, high] = this.#hashOf(id)
    const slot = this.#slotOf(low, high)
    if (this.#isFree(slot)) {
      this.#put(slot, low, high)
      if (++this.#size * 8 > this.#slots.length * 3) this.#grow()
      return true
    }
    return !this.#hasCome(id)
  }

  #isFree(slot: number): boolean {
    return this.#slots[slot] === 0 && this.#slots[slot + 1] === 0
  }
  #put(slot: number, low: number, high: number): void {
    this.#slots[slot] = low
    this.#slots[slot + 1] = high
  }
  /** The slot of a hash, or the free slot where it would go. */
  #slotOf(low: number, high: number): number {
    const mask = this.#slots.length - 2
    for (let slot = (low << 1) & mask; ; slot = (slot + 2) & mask)
      if (this.#isFree(slot) || (this.#slots[slot] === low && this.#slots[slot + 1] === high)) return slot
  }
  #grow(): void {
    const old = this.#slots
    this.#slots = new Uint32Array(2 * old.length)
    for (let i = 0; i < old.length; i += 2)
      if (old[i] !== 0 || old[i + 1] !== 0)
        this.#put(this.#slotOf(old[i]!, old[i + 1]!), old[i]!, old[i + 1]!)
  }
}

/**
 * A text's 64-bit hash as two words, the second never 0: two sums like FNV-1a's with different primes, each
 * with MurmurHash3's final mix (https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp).
 */
export function hash64(text: string): readonly [number, number] {
  let [low, high] = [0x811c9dc5, 0x9e3779b9]
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    low = Math.imul(low ^ unit, 0x01000193)
    high = Math.imul(high ^ unit, 0x85ebca77) + (low >>> 15)
  }
  return [mixed(low), mixed(high) || 1]
}
function mixed(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** A bitset: an ordered subset of the indices 0 … n − 1, one bit each. */

/** Indices counted together, so that finding the k-th member does not scan everything before it. */
const block = 4096

export class Bitset {
  readonly #bits: Uint32Array
  /** for each block, how many members come before it */
  readonly #before: Uint32Array
  readonly length: number
  /** The set of the indices below `n` for which `has` returns true. */
  constructor(n: number, has: (i: number) => boolean) {
    this.#bits = new Uint32Array(Math.ceil(n / 32))
    this.#before = new Uint32Array(Math.ceil(n / block))
    let length = 0
    for (let i = 0; i < n; i++) {
      if (i % block === 0) this.#before[i / block] = length
      if (!has(i)) continue
      this.#bits[i >>> 5]! |= 1 << (i & 31)
      length++
    }
    this.length = length
  }

  /** The members at positions `start` … `end − 1` of the set. */
  slice(start: number, end: number): Uint32Array {
    const members = new Uint32Array(Math.max(0, Math.min(end, this.length) - start))
    let [low, high] = [0, this.#before.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#before[middle]! <= start) low = middle
      else high = middle - 1
    }
    for (let i = low * block, k = (this.#before[low] ?? 0) - start; k < members.length; i++) {
      if ((this.#bits[i >>> 5]! & (1 << (i & 31))) === 0) continue
      if (k >= 0) members[k] = i
      k++
    }
    return members
  }
}

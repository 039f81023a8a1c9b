/**
 * Quantiles of positive numbers in one pass: counts of buckets that are a 128th part of a power of two.
 *
 * A quantile is the lower end of the bucket that holds it, so it is at most 1/128 (0.8 %) too small, and exact for
 * whole numbers up to 256 and for powers of two. Numbers below 2⁻¹²⁶ count as 0, those beyond float32 as infinite. The
 * order of numbers does not matter. Memory: 1 KiB for each power of two that occurs.
 *
 * Source of the idea: Masson, Rim and Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error
 * guarantees" (VLDB 2019). The bucket is read off the bits of the number's float32.
 */
const perPower = 128
const bucketShift = 16
const powerShift = 23
/** the bits of infinity */
const infinite = 0x7f800000

const value = new Float32Array(1)
const bits = new Uint32Array(value.buffer)

export class Quantiles {
  #count = 0
  #zeros = 0
  readonly #powers: Array<Float64Array | undefined> = []

  get count(): number {
    return this.#count
  }

  /** Takes a number that is not negative and not NaN. */
  add(x: number): void {
    this.#count++
    value[0] = x
    // float32 rounds to nearest: rounded up to the next bucket, a number would come out too large
    let word = bits[0]!
    if (value[0]! > x) word--
    if (word < 1 << powerShift) {
      this.#zeros++
      return
    }
    const counts = (this.#powers[word >>> powerShift] ??= new Float64Array(perPower))
    counts[(word >>> bucketShift) & (perPower - 1)]!++
  }

  merge(other: Quantiles): void {
    this.#count += other.#count
    this.#zeros += other.#zeros
    other.#powers.forEach((counts, power) => {
      const own = (this.#powers[power] ??= new Float64Array(perPower))
      counts!.forEach((count, i) => (own[i]! += count))
    })
  }

  /** The smallest number that a share `p` of all numbers do not exceed; null if there are none. */
  at(p: number): number | null {
    if (this.#count === 0) return null
    let rest = Math.max(1, Math.ceil(p * this.#count)) - this.#zeros
    if (rest <= 0) return 0
    for (let power = 0; power < this.#powers.length; power++) {
      const counts = this.#powers[power]
      if (counts === undefined) continue
      for (let i = 0; i < perPower; i++) {
        rest -= counts[i]!
        if (rest <= 0) {
          bits[0] = Math.min(infinite, (power << powerShift) | (i << bucketShift))
          return value[0]!
        }
      }
    }
    return Infinity
  }
}

/**
 * NumPy's legacy generator, `RandomState(seed)`.
 *
 * Source: Matsumoto and Nishimura, "Mersenne Twister" (1998), with the initialisation of their mt19937ar.c (2002); and
 * NumPy's documentation of `RandomState.randint`, which masks 32 random bits and draws again if they are too large.
 */

const [size, middle] = [624, 397]

export class Mt19937 {
  private readonly state = new Int32Array(size)
  private next = size

  /** @param seed 0 … 2³² − 1 */
  constructor(seed: number) {
    const { state } = this
    state[0] = seed
    for (let i = 1; i < size; i++)
      state[i] = Math.imul(1_812_433_253, state[i - 1]! ^ (state[i - 1]! >>> 30)) + i
  }

  /** 32 random bits, as a signed number */
  bits(): number {
    if (this.next === size) this.twist()
    let y = this.state[this.next++]!
    y ^= y >>> 11
    y ^= (y << 7) & 0x9d2c5680
    y ^= (y << 15) & 0xefc60000
    return y ^ (y >>> 18)
  }

  /** `randint(low, 2³¹ − 1)`: low … 2³¹ − 2; low is 0 or 1 */
  int31(low: number): number {
    for (;;) {
      const value = (this.bits() & 0x7fffffff) + low
      if (value < 0x7fffffff) return value
    }
  }

  private twist(): void {
    const { state } = this
    for (let i = 0; i < size; i++) {
      const y = (state[i]! & 0x80000000) | (state[(i + 1) % size]! & 0x7fffffff)
      state[i] = state[(i + middle) % size]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0)
    }
    this.next = 0
  }
}

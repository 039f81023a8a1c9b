/** scikit-learn's shuffle of rows. */

/**
 * What one shuffle does: place i receives what was in place `result[i]`. Every epoch restarts from the seed, but
 * shuffles what the last one left, so that it repeats this permutation. Fisher–Yates with xorshift32 (Marsaglia 2003)
 * modulo 2³¹.
 */
export function shuffleOf(length: number, seed: number): Int32Array {
  const order = Int32Array.from({ length }, (_, i) => i)
  let state = seed === 0 ? 1 : seed // xorshift cannot leave 0, so scikit-learn takes 1 instead
  for (let i = 0; i < length - 1; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    const j = i + ((state & 0x7fffffff) % (length - i))
    const moved = order[i]!
    order[i] = order[j]!
    order[j] = moved
  }
  return order
}

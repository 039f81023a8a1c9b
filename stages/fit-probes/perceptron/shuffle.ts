/** scikit-learn's shuffles of rows, and their seeds. */
import { Mt19937 } from "./mt19937.ts"

/**
 * The shuffle's seed of each vector. For one vector it comes from `RandomState(randomState)`; for one against the rest, from
 * a RandomState of the vector's own, whose seed that one draws. The first draw goes to the data set, which does not use it.
 *
 * @param randomState scikit-learn's `random_state`, 0 … 2³² − 1
 */
export function shuffleSeeds(vectors: number, randomState: number): Array<number> {
  const random = new Mt19937(randomState)
  if (vectors === 1) return [ofVector(random)]
  return Array.from({ length: vectors }, () => random.int31(0)).map((seed) => ofVector(new Mt19937(seed)))
}

function ofVector(random: Mt19937): number {
  random.int31(1)
  return random.int31(0)
}

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

/** The seeds of scikit-learn's shuffles. */
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

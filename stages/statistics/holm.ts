/** p-values of many tests. */

/**
 * Holm's adjusted p-values (Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6, 1979):
 * at α, rejecting where the adjusted value is at most α keeps the chance of any false rejection at most α, whatever the
 * tests' dependence.
 *
 * @param p [tests] each in 0 … 1
 */
export function holm(p: ReadonlyArray<number>): Array<number> {
  const order = byValue(p)
  const adjusted = [...p]
  let least = 0
  order.forEach((test, rank) => {
    least = Math.max(least, Math.min(1, (p.length - rank) * p[test]!))
    adjusted[test] = least
  })
  return adjusted
}

/**
 * The adjusted p-values of Benjamini and Hochberg (J. R. Statist. Soc. B 57, 1995): rejecting where the value is at most α
 * keeps the expected share of false rejections among all at most α, for independent or positively dependent tests.
 */
export function benjaminiHochberg(p: ReadonlyArray<number>): Array<number> {
  const order = byValue(p)
  const adjusted = [...p]
  let most = 1
  for (let rank = order.length - 1; rank >= 0; rank--) {
    const test = order[rank]!
    most = Math.min(most, (p.length / (rank + 1)) * p[test]!)
    adjusted[test] = most
  }
  return adjusted
}

const byValue = (p: ReadonlyArray<number>) => [...p.keys()].sort((i, j) => p[i]! - p[j]! || i - j)

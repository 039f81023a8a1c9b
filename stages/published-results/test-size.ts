/** The size of a test set, from accuracies on it. */

/** Far more than a tenth of the largest task. */
const largest = 20_000
/** Half of the last of six decimals, and a little for rounding. */
const tolerance = 5.1e-7

/**
 * The smallest number of images of which all accuracies, given to six decimals, are whole shares; null if there is none
 * up to 20,000. A few dozen different accuracies determine it: the published tables have some hundred per test set.
 */
export function testSize(accuracies: ReadonlyArray<number>): number | null {
  const different = [...new Set(accuracies)]
  for (let n = 1; n <= largest; n++)
    if (different.every((accuracy) => Math.abs(Math.round(accuracy * n) / n - accuracy) <= tolerance))
      return n
  return null
}

/**
 * Shares of a difference among parameters that changed together.
 *
 * A parameter's share is what the difference grows by when it changes; that depends on which others have changed before. So
 * it is taken in several orders: in all of them for up to four parameters, whose mean is the Shapley value (Shapley 1953);
 * for more, in the order given and its reverse.
 */

/** The most parameters for which all orders are taken: 16 mixtures, 24 orders. */
const mostForAll = 4

export interface Share {
  readonly param: string
  /** over the orders; null if a value that it needs is unknown */
  readonly mean: number | null
  readonly least: number | null
  readonly most: number | null
}
/** The parameters that have b's values; the others have a's. */
export type Mixture = ReadonlyArray<string>

export function ordersOf(params: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> {
  return params.length <= mostForAll ? permutations(params) : [params, params.toReversed()]
}

function permutations(names: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> {
  if (names.length === 0) return [[]]
  return names.flatMap((first) =>
    permutations(names.filter((name) => name !== first)).map((rest) => [first, ...rest])
  )
}

/** Every mixture that the orders pass through, those with the fewest changes first: none, …, all. */
export function mixturesOf(params: ReadonlyArray<string>): ReadonlyArray<Mixture> {
  const mixtures = new Map<string, Mixture>()
  for (const order of ordersOf(params))
    for (let length = 0; length <= order.length; length++) {
      const mixture = params.filter((param) => order.indexOf(param) < length)
      mixtures.set(mixtureKey(mixture), mixture)
    }
  return [...mixtures.values()].toSorted((one, other) => one.length - other.length)
}

export const mixtureKey = (mixture: Mixture): string => JSON.stringify([...mixture].sort())

/** @param valueOf the difference between a and a mixture; null if it is unknown */
export function sharesOf(
  params: ReadonlyArray<string>,
  valueOf: (mixture: Mixture) => number | null
): ReadonlyArray<Share> {
  const orders = ordersOf(params)
  return params.map((param) => {
    const gains = orders.map((order) => {
      const before = order.slice(0, order.indexOf(param))
      const [without, having] = [valueOf(before), valueOf([...before, param])]
      return without === null || having === null ? null : having - without
    })
    const known = gains.filter((gain) => gain !== null)
    if (known.length < gains.length) return { param, mean: null, least: null, most: null }
    return {
      param,
      mean: known.reduce((sum, gain) => sum + gain, 0) / known.length,
      least: Math.min(...known),
      most: Math.max(...known)
    }
  })
}

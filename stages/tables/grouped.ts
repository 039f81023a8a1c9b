/** Groups in the order of their first members. (Node 20 has no `Map.groupBy`.) */
export function grouped<A, K>(all: Iterable<A>, keyOf: (one: A) => K): Map<K, Array<A>> {
  const groups = new Map<K, Array<A>>()
  for (const one of all) {
    const key = keyOf(one)
    const own = groups.get(key)
    if (own === undefined) groups.set(key, [one])
    else own.push(one)
  }
  return groups
}

/**
 * Safe lookups by names from outside: columns, parameters, taps, ids, JSON keys.
 *
 * A plain object also answers to the names of `Object.prototype` (`constructor`, `toString`, `__proto__` …),
 * and writing to its `__proto__` stores nothing. So names from outside are looked up with `own`, and
 * collected in a `Map` or with `Object.fromEntries`, which defines own properties.
 */

/** A record's own value under a name; undefined if it has none, whatever its prototype has. */
export const own = <A>(record: Readonly<Record<string, A>>, name: string): A | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined

/** An empty record to collect names in: without a prototype, it has no inherited names. */
export const emptyRecord = <A>(): Record<string, A> => Object.create(null) as Record<string, A>

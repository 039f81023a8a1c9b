/**
 * Lookups by names that come from outside: columns, parameters, taps, ids, keys of JSON.
 *
 * A plain object also answers to the names of `Object.prototype` (`constructor`, `toString`, `__proto__` …), and writing
 * to its `__proto__` stores nothing. So names from outside are looked up with `own`, and collected in a `Map` or with
 * `Object.fromEntries`, which define properties of the object itself.
 */

/** What a record holds under a name; undefined where it holds nothing, whatever its prototype has. */
export const own = <A>(record: Readonly<Record<string, A>>, name: string): A | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined

/** A record to write names into: without a prototype, it holds those names and no others. */
export const emptyRecord = <A>(): Record<string, A> => Object.create(null) as Record<string, A>

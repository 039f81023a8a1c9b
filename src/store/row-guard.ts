/**
 * Rows that refuse columns which their port does not declare. Such a column is absent from the row; reading it throws,
 * where plain JavaScript would give `undefined`, which a default (`row.b ?? 0`) hides.
 */
const guards = new WeakSet<object>()

/** Names that JavaScript reads by itself (`then` in an `await`): these stay undefined instead of throwing. */
const readUnasked = (name: string): boolean =>
  name in Object.prototype || name === "then" || name === "toJSON"

/** What rows get as their prototype; `refuse` makes the error for a column. */
export function rowGuard(undeclared: ReadonlyArray<string>, refuse: (column: string) => Error): object {
  const guard: object = Object.create(Object.prototype)
  for (const name of undeclared)
    if (!readUnasked(name))
      Object.defineProperty(guard, name, {
        get() {
          throw refuse(name)
        }
      })
  guards.add(guard)
  return guard
}

export const isRowGuard = (prototype: object): boolean => guards.has(prototype)

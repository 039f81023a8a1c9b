/**
 * Rows that refuse columns which their port does not declare. Reading such a column throws, where plain JavaScript would
 * give `undefined`, which a default (`row.b ?? 0`) hides. It throws whether or not the input has the column: no key holds
 * that.
 */
const guards = new WeakSet<object>()

/** Names that JavaScript reads by itself (`then` in an `await`): these stay undefined instead of throwing. */
const readUnasked = (name: string | symbol): boolean =>
  typeof name === "symbol" || name in Object.prototype || name === "then" || name === "toJSON"

/** What rows get as their prototype; `refuse` makes the error for a column. */
export function rowGuard(refuse: (column: string) => Error): object {
  const guard: object = new Proxy(Object.create(Object.prototype) as object, {
    get(target, name, receiver) {
      if (readUnasked(name)) return Reflect.get(target, name, receiver) as unknown
      throw refuse(name as string)
    }
  })
  guards.add(guard)
  return guard
}

export const isRowGuard = (prototype: object): boolean => guards.has(prototype)

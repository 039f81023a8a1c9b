/**
 * Guards rows against reads of columns that their port does not declare. Such a read throws, where plain
 * JavaScript would give `undefined`, which a default (`row.b ?? 0`) hides. It throws even if the input has
 * the column, because no key records that.
 */
const guards = new WeakSet<object>()

/** Names that JavaScript reads on its own (`then` in an `await`): these stay undefined and do not throw. */
const readUnasked = (name: string | symbol): boolean =>
  typeof name === "symbol" || name in Object.prototype || name === "then" || name === "toJSON"

/** Makes the prototype of guarded rows; `refuse` makes the error for a column. */
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

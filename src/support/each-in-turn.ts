/**
 * Calls a function for each of some values, one after another. At once, where no call gives a promise: thousands of
 * promises that are there already would be felt.
 */
export function eachInTurn<A>(
  all: Iterable<A>,
  act: (one: A, index: number) => void | Promise<void>
): void | Promise<void> {
  const values = all[Symbol.iterator]()
  let index = 0
  const goOn = (): void | Promise<void> => {
    for (let next = values.next(); next.done !== true; next = values.next()) {
      const acted = act(next.value, index++)
      if (acted !== undefined) return acted.then(goOn)
    }
  }
  return goOn()
}

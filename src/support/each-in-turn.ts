/**
 * Calls a function for each value, one after another. Synchronous if no call returns a promise: awaiting
 * thousands of resolved promises is noticeably slow.
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

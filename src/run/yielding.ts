/**
 * Yields to the event loop while a stage produces rows.
 *
 * Rows are taken in microtasks, so a generator that computes without pause would block everything else:
 * signals, time limits, the renewal of locks. This yields now and then between two rows.
 */

/** The longest time between two yields, plus one row. */
const everyMs = 50

export class Yielding {
  #last = performance.now()
  /** Whether a yield is overdue. */
  get isDue(): boolean {
    return performance.now() - this.#last >= everyMs
  }
  async take(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    this.#last = performance.now()
  }
}

/** The same rows, with yields between them. */
export async function* withYields<A>(rows: AsyncIterable<A> | Iterable<A>): AsyncGenerator<A> {
  const turns = new Yielding()
  for await (const row of rows) {
    yield row
    if (turns.isDue) await turns.take()
  }
}

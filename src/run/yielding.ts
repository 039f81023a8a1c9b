/**
 * Others' turn while a stage gives its rows.
 *
 * A generator that computes without a pause keeps everybody else waiting, since rows are taken in microtasks: a signal,
 * a time limit, the renewal of locks. So between two rows there is a turn now and then.
 */

/** Nobody waits longer than that, and one row. */
const everyMs = 50

export class Yielding {
  #last = performance.now()
  /** Whether others have waited for long. */
  get isDue(): boolean {
    return performance.now() - this.#last >= everyMs
  }
  async take(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    this.#last = performance.now()
  }
}

/** The same rows, with turns between them. */
export async function* withYields<A>(rows: AsyncIterable<A> | Iterable<A>): AsyncGenerator<A> {
  const turns = new Yielding()
  for await (const row of rows) {
    yield row
    if (turns.isDue) await turns.take()
  }
}

/**
 * Resources of stages: what `open` gave, once a node and worker, disposed when the worker ends.
 */
import type { Task } from "./task.ts"

export class Resources {
  readonly #opened = new Map<string, Promise<unknown>>()

  /** The node's resource; opened by the first task that needs it. */
  of(task: Task, open: () => Promise<unknown>): Promise<unknown> {
    const known = this.#opened.get(task.node)
    if (known !== undefined) return known
    const opened = open()
    this.#opened.set(task.node, opened)
    opened.catch(() => this.#opened.delete(task.node))
    return opened
  }

  /** Disposes one node's resource, or all. */
  async close(node?: string): Promise<void> {
    for (const [key, opened] of this.#opened) {
      if (node !== undefined && key !== node) continue
      this.#opened.delete(key)
      try {
        const resource = (await opened) as Partial<AsyncDisposable & Disposable> | null | undefined
        await resource?.[Symbol.asyncDispose]?.()
        resource?.[Symbol.dispose]?.()
      } catch {
        // it did not open, or does not close: its work is done either way
      }
    }
  }
}

/**
 * Resources of stages: what `open` gave, once a node and worker, disposed when the worker ends.
 */
import type { Task } from "./task.ts"
import type { Store } from "../store/store.ts"
import type { StatCache } from "../store/fresh/stat-cache.ts"

export class Resources {
  readonly #opened = new Map<string, Promise<unknown>>()
  /** those of them that are not open yet */
  readonly #opening = new Set<Promise<unknown>>()

  /** The node's resource; opened by the first task that needs it. */
  of(task: Task, open: () => Promise<unknown>): Promise<unknown> {
    const known = this.#opened.get(task.node)
    if (known !== undefined) return known
    const opened = open()
    this.#opened.set(task.node, opened)
    this.#opening.add(opened)
    opened.then(
      () => this.#opening.delete(opened),
      () => {
        this.#opening.delete(opened)
        this.#opened.delete(task.node)
      }
    )
    return opened
  }

  /** Disposes one node's resource, or all; of what is not open yet, nobody waits for the end: it may never come. */
  async close(node?: string): Promise<void> {
    for (const [key, opened] of this.#opened) {
      if (node !== undefined && key !== node) continue
      this.#opened.delete(key)
      if (this.#opening.has(opened)) void dispose(opened)
      else await dispose(opened)
    }
  }
}

async function dispose(opened: Promise<unknown>): Promise<void> {
  try {
    const resource = (await opened) as Partial<AsyncDisposable & Disposable> | null | undefined
    await resource?.[Symbol.asyncDispose]?.()
    resource?.[Symbol.dispose]?.()
  } catch {
    // it did not open, or does not close: its work is done either way
  }
}

export interface Tools {
  readonly store: Store
  readonly digests: StatCache
  /** what stages have opened, kept for the tasks that follow */
  readonly resources: Resources
}

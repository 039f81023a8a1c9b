/**
 * What a process keeps between tasks: the results of stages' `open`, one per node, disposed of at the end, and the
 * matrices read last.
 */
import type { FileChanged } from "../store/files/outside-file.ts"
import { MemberCache } from "./members.ts"
import type { Task } from "./task.ts"
import type { Store } from "../store/store.ts"
import type { StatCache } from "../store/fresh/stat-cache.ts"

export class Resources {
  readonly members = new MemberCache()
  readonly #opened = new Map<string, Promise<unknown>>()
  /** resources that are still opening */
  readonly #opening = new Set<Promise<unknown>>()
  readonly #refusals = new Map<string, FileChanged>()

  /** Notes that a node's stage could not read a file of a whole port. Only the first such file counts. */
  refuse(node: string, error: FileChanged): void {
    if (!this.#refusals.has(node)) this.#refusals.set(node, error)
  }
  /** Such a file, if there is one: whichever task read it, since a resource may hold tables for all of them. */
  refusalOf(node: string): FileChanged | undefined {
    return this.#refusals.get(node)
  }

  /** The node's resource, opened by the first task that needs it. */
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

  /** Disposes of all resources. Does not wait for those that are still opening: they may hang. */
  async close(): Promise<void> {
    this.members.clear()
    for (const [key, opened] of this.#opened) {
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
    // it failed to open or to close: its work is done either way
  }
}

export interface Tools {
  readonly store: Store
  readonly digests: StatCache
  /** open resources, kept for later tasks */
  readonly resources: Resources
}

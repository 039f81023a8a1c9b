/** Counts names and bytes: a file of several names (an object and its views) frees its bytes with the last of them. */
import { emptyRecord } from "../../support/own.ts"
import type { DirectoryEntry } from "../files/file-system.ts"

export interface Amount {
  readonly files: number
  readonly bytes: number
}
interface Inode {
  readonly bytes: number
  readonly links: number
  gone: number
}

export class Tally {
  readonly #inodes = new Map<string, Inode>()
  readonly #gone = emptyRecord<number>()
  #seen = 0
  #taken = 0

  /** Every name in the store, once. A link to a name is not bytes. */
  see(entry: DirectoryEntry): void {
    this.#seen++
    if (entry.kind !== "link" && !this.#inodes.has(entry.inode))
      this.#inodes.set(entry.inode, { bytes: entry.size, links: entry.links, gone: 0 })
  }
  /** A name that was seen goes. `what` it was is counted too. */
  take(entry: DirectoryEntry, what: string): void {
    this.#taken++
    this.#gone[what] = (this.#gone[what] ?? 0) + 1
    const inode = this.#inodes.get(entry.inode)
    if (entry.kind !== "link" && inode !== undefined) inode.gone++
  }

  freed(): Amount {
    return { files: this.#taken, bytes: this.#bytes(({ links, gone }) => gone >= links) }
  }
  kept(): Amount {
    return { files: this.#seen - this.#taken, bytes: this.#bytes(({ links, gone }) => gone < links) }
  }
  /** names that went, by what they were */
  byKind(): Readonly<Record<string, number>> {
    return this.#gone
  }
  #bytes(counts: (inode: Inode) => boolean): number {
    let sum = 0
    for (const inode of this.#inodes.values()) if (counts(inode)) sum += inode.bytes
    return sum
  }
}

/**
 * Counts file names and bytes: the bytes of a file with several names (an object and its views) are freed
 * with its last name.
 */
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
  #deleted = 0

  /** Counts every name in the store once. A symlink has no bytes. */
  see(entry: DirectoryEntry): void {
    this.#seen++
    if (entry.kind !== "link" && !this.#inodes.has(entry.inode))
      this.#inodes.set(entry.inode, { bytes: entry.size, links: entry.links, gone: 0 })
  }
  /** Counts a deleted name, by its kind `what`. */
  add(entry: DirectoryEntry, what: string): void {
    this.#deleted++
    this.#gone[what] = (this.#gone[what] ?? 0) + 1
    const inode = this.#inodes.get(entry.inode)
    if (entry.kind !== "link" && inode !== undefined) inode.gone++
  }

  freed(): Amount {
    return { files: this.#deleted, bytes: this.#bytes(({ links, gone }) => gone >= links) }
  }
  kept(): Amount {
    return { files: this.#seen - this.#deleted, bytes: this.#bytes(({ links, gone }) => gone < links) }
  }
  /** deleted names by kind */
  byKind(): Readonly<Record<string, number>> {
    return this.#gone
  }
  #bytes(counts: (inode: Inode) => boolean): number {
    let sum = 0
    for (const inode of this.#inodes.values()) if (counts(inode)) sum += inode.bytes
    return sum
  }
}

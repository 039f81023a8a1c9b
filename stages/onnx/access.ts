/** Reads parts of a file in place: a model's structure can be read without loading its weights. */
import { closeSync, fstatSync, readSync } from "node:fs"
import { openRegular } from "../../src/support/regular-file.ts"

export interface FileReader {
  /** in bytes */
  readonly size: number
  /** The bytes [position, position + length); fewer at the end of the file. */
  read(position: number, length: number): Uint8Array
}

export const bytesAccess = (bytes: Uint8Array): FileReader => ({
  size: bytes.length,
  read: (position, length) => bytes.subarray(position, position + length)
})

/**
 * A file, open until `close`.
 *
 * @throws what `openRegular` throws if the file does not exist or cannot be read
 */
export function fileAccess(path: string): FileReader & { close(): void } {
  const descriptor = openRegular(path)
  return {
    size: fstatSync(descriptor).size,
    read(position, length) {
      const bytes = new Uint8Array(length)
      let filled = 0
      while (filled < length) {
        const count = readSync(descriptor, bytes, filled, length - filled, position + filled)
        if (count === 0) break
        filled += count
      }
      return bytes.subarray(0, filled)
    },
    close: () => closeSync(descriptor)
  }
}

/** One page: a larger window after each skipped tensor would mostly read weights. */
const windowSize = 1 << 12

/** Reads single bytes and short spans through a window, so that walking a file takes few system calls. */
export class WindowedReader {
  readonly #source: FileReader
  #window: Uint8Array = new Uint8Array(0)
  #start = 0

  constructor(source: FileReader) {
    this.#source = source
  }
  get size(): number {
    return this.#source.size
  }
  /** The byte at a position, or undefined past the end. */
  byte(position: number): number | undefined {
    const at = position - this.#start
    if (at >= 0 && at < this.#window.length) return this.#window[at]
    return this.span(position, 1)[0]
  }
  /** The bytes [position, position + length), valid until the next call; fewer at the end of the file. */
  span(position: number, length: number): Uint8Array {
    const at = position - this.#start
    if (at < 0 || at + length > this.#window.length) {
      const wanted = Math.min(Math.max(length, windowSize), this.#source.size - position)
      this.#window = wanted > 0 ? this.#source.read(position, wanted) : new Uint8Array(0)
      this.#start = position
      return this.#window.subarray(0, length)
    }
    return this.#window.subarray(at, at + length)
  }
}

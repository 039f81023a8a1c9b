/**
 * Writes objects piece by piece: hashes them on the way, and names them when they are complete.
 *
 * Small objects stay in memory until the end and are stored like all others. Larger ones go to a temporary
 * file, which is flushed and renamed: as with all files of the store, a process that dies midway leaves a
 * temporary file for gc.
 */
import { createHash, randomBytes } from "node:crypto"
import * as path from "node:path"
import type { ByteSink } from "../format/bytes.ts"
import { type Layout, temporaryMark } from "../files/layout.ts"
import { touched } from "../files/touch.ts"
import type { FileSystem } from "../files/file-system.ts"
import type { NamedObject } from "./object-ref.ts"
import { storeProblem } from "../files/store-error.ts"

/** The most bytes kept in memory. */
const usualHeld = 1 << 20
const readOnly = 0o444

/** Stores objects that stayed small enough for memory. */
interface SmallObjects {
  put<X extends string>(content: Uint8Array, extension: X): NamedObject<X>
}

/** Callers must end with `finish` or `abandon`. Throws `Problem`s of the store. */
export class ObjectWriter<X extends string> implements ByteSink {
  readonly #files: FileSystem
  readonly #layout: Layout
  readonly #small: SmallObjects
  readonly #extension: X
  readonly #mostHeld: number
  readonly #hash = createHash("sha256")
  #bytes = 0
  #pieces: Array<Uint8Array> = []
  #held = 0
  #temporary: string | null = null
  #handle: number | null = null

  constructor(files: FileSystem, layout: Layout, small: SmallObjects, extension: X, mostHeld = usualHeld) {
    this.#files = files
    this.#layout = layout
    this.#small = small
    this.#extension = extension
    this.#mostHeld = mostHeld
  }

  write(pieces: ReadonlyArray<Uint8Array>): void {
    for (const piece of pieces) {
      if (piece.byteLength === 0) continue
      this.#pieces.push(piece)
      this.#held += piece.byteLength
    }
    if (this.#held > this.#mostHeld) this.#attempt(() => this.#spill())
  }

  /** Completes the object, which is then in the store. */
  finish(): NamedObject<X> {
    if (this.#temporary === null) {
      const content = Buffer.concat(this.#pieces)
      this.#pieces = []
      return this.#small.put(content, this.#extension)
    }
    return this.#attempt(() => {
      this.#spill()
      const object = { sha256: this.#hash.digest("hex"), bytes: this.#bytes, extension: this.#extension }
      this.#publish(this.#layout.object(object.sha256, object.extension), object.bytes)
      return object
    })
  }

  /** Discards the object; a no-op if nothing was written. */
  abandon(): void {
    const [temporary, handle] = [this.#temporary, this.#handle]
    this.#temporary = this.#handle = null
    this.#pieces = []
    try {
      if (handle !== null) this.#files.close(handle)
      if (temporary !== null) this.#files.remove(temporary)
    } catch {
      // gc sweeps the temporary file
    }
  }

  #spill(): void {
    const [files, { root }] = [this.#files, this.#layout]
    if (this.#handle === null) {
      // its name is not known yet, so any objects folder will do: gc looks into all of them
      const unique = randomBytes(6).toString("hex")
      const name = `${this.#extension}${temporaryMark}${process.pid}-${unique}`
      const file = path.join(root, "objects", unique.slice(0, 2), name)
      this.#handle = this.#inFolder(file, () => files.create(file, readOnly))
      this.#temporary = file
    }
    for (const piece of this.#pieces) this.#hash.update(piece)
    files.extend(this.#handle, this.#pieces)
    this.#bytes += this.#held
    this.#pieces = []
    this.#held = 0
  }

  #publish(file: string, bytes: number): void {
    const files = this.#files
    // touched, the existing file counts as young again, so gc leaves it until something names it
    if (files.statFile(file)?.size === bytes && touched(files, file)) return this.abandon()
    const handle = this.#handle!
    this.#handle = null
    files.finish(handle)
    this.#inFolder(file, () => files.rename(this.#temporary!, file))
    this.#temporary = null
    files.syncFolder(path.dirname(file))
  }

  #inFolder<A>(file: string, act: () => A): A {
    const files = this.#files
    files.makeFolder(path.dirname(file))
    try {
      return act()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error
      // gc has just removed the empty folder
      files.makeFolder(path.dirname(file))
      return act()
    }
  }

  #attempt<A>(act: () => A): A {
    try {
      return act()
    } catch (error) {
      this.abandon()
      throw storeProblem(error, this.#layout.root, "write an object")
    }
  }
}

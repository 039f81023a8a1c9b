/**
 * Objects: immutable files, named by the sha256 of their bytes.
 *
 * `Objects` is the whole interface between the store and readers and writers of blobs: no paths, no folders.
 * This implementation keeps each object as a file in the store's folder.
 */
import { createHash } from "node:crypto"
import * as path from "node:path"
import { Problem } from "../../support/problem.ts"
import type { FileSystem } from "../files/file-system.ts"
import { isObjectName, type Layout } from "../files/layout.ts"
import { replaceFile } from "../files/replace-file.ts"
import { storeProblem } from "../files/store-error.ts"
import { touched } from "../files/touch.ts"
import type { ByteSource } from "../format/bytes.ts"
import { Intact } from "./intact.ts"
import type { NamedObject, StoredFile } from "./object-ref.ts"
import { ObjectWriter } from "./object-writer.ts"

/** Every call throws a `Problem` of the store if the file system fails. */
export interface Objects {
  /** Whether the object exists with the right size; does not read its bytes. */
  has(object: StoredFile): boolean
  /** All bytes. @throws Problem StoreCorrupt if the object is missing, or its bytes do not match its name */
  read(object: StoredFile): Uint8Array
  /** For reading parts. @throws Problem StoreCorrupt, as `read` does */
  open(object: StoredFile): ByteSource
  /** Stores bytes; does not write an existing object again. */
  put<X extends string>(content: Uint8Array, extension: X): NamedObject<X>
  /** Stores bytes that arrive piece by piece. */
  writer<X extends string>(extension: X): ObjectWriter<X>
  /**
   * Protects the object from a gc until something names it. False if it does not exist with the right size.
   */
  touch(object: StoredFile): boolean
  /** The object's path in tables: `objects/1f/1f….png`, relative to the store. */
  location(object: StoredFile): string
  /** Gives the object a second name outside the objects' folder: a hard link if the file system allows. */
  link(object: StoredFile, to: string): void
  /** Deletes the file of an object that `read` or `open` found damaged; leaves other files alone. */
  discard(file: string): void
}

const readOnly = 0o444

export class FileObjects implements Objects {
  readonly #files: FileSystem
  readonly #layout: Layout
  readonly #intact: Intact
  constructor(files: FileSystem, layout: Layout) {
    this.#files = files
    this.#layout = layout
    this.#intact = new Intact(files, layout)
  }

  has({ sha256, extension, bytes }: StoredFile): boolean {
    return (
      isObjectName(sha256, extension) &&
      this.#files.statFile(this.#layout.object(sha256, extension))?.size === bytes
    )
  }

  read(object: StoredFile): Uint8Array {
    return this.#attempt("read an object", () => {
      const file = this.#path(object)
      const bytes = this.#files.readIfPresent(file)
      if (bytes === null)
        throw new Problem(
          "StoreCorrupt",
          `an object is missing from the store: ${object.sha256}.${object.extension}`,
          {
            file,
            hint: "run `probeline verify --repair`, then the pipeline: it computes missing results again"
          }
        )
      this.#intact.checkBytes(object, bytes)
      return bytes
    })
  }

  open(object: StoredFile): ByteSource {
    this.#intact.check(object)
    const [files, file] = [this.#files, this.#path(object)]
    return {
      name: file,
      size: object.bytes,
      read(position, into) {
        const bytes = files.readRange(file, position, into.byteLength)
        if (bytes.byteLength < into.byteLength)
          throw new Error(`${file} ends before byte ${position + into.byteLength}`)
        into.set(bytes)
      }
    }
  }

  put<X extends string>(content: Uint8Array, extension: X): NamedObject<X> {
    return this.#attempt("write an object", () => {
      const sha256 = createHash("sha256").update(content).digest("hex")
      const object = { sha256, bytes: content.byteLength, extension }
      const file = this.#path(object)
      // read-only, because views are hard links to it: a write to a view fails and does not change the object
      if (!this.has(object) || !this.#intact.is(object) || !touched(this.#files, file)) {
        replaceFile(this.#files, file, content, readOnly)
        this.#files.syncFolder(path.dirname(file))
      }
      return object
    })
  }

  writer<X extends string>(extension: X): ObjectWriter<X> {
    return new ObjectWriter(this.#files, this.#layout, this, extension)
  }

  touch(object: StoredFile): boolean {
    return touched(this.#files, this.#path(object)) && this.has(object)
  }

  location(object: StoredFile): string {
    return this.#path(object).slice(this.#layout.root.length + 1)
  }

  link(object: StoredFile, to: string): void {
    this.#files.link(this.#path(object), to)
  }

  discard(file: string): void {
    if (path.dirname(path.dirname(file)) === path.join(this.#layout.root, "objects")) this.#files.remove(file)
  }

  #path({ sha256, extension }: StoredFile): string {
    return this.#layout.object(sha256, extension)
  }
  #attempt<A>(doing: string, act: () => A): A {
    try {
      return act()
    } catch (error) {
      throw storeProblem(error, this.#layout.root, doing)
    }
  }
}

/**
 * Objects: immutable files, named by the sha256 of their bytes.
 *
 * `Objects` is all that readers and writers of blobs see of the store: no paths, no folders. This implementation keeps
 * each object in a file of the store's folder.
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

/** Every call throws a `Problem` of the store where the file system fails. */
export interface Objects {
  /** Whether the object is there with its size; its bytes are not looked at. */
  has(object: StoredFile): boolean
  /** All bytes. @throws Problem StoreCorrupt when the object is gone, or not what its name says */
  read(object: StoredFile): Uint8Array
  /** For reading parts. @throws Problem StoreCorrupt, as `read` does */
  open(object: StoredFile): ByteSource
  /** Stores bytes; an object that is there is not written again. */
  put<X extends string>(content: Uint8Array, extension: X): NamedObject<X>
  /** Stores bytes that come piece by piece. */
  writer<X extends string>(extension: X): ObjectWriter<X>
  /** Protects the object from a gc until something names it. False when it is not there with its size. */
  touch(object: StoredFile): boolean
  /** Where a table says that the object lies: `objects/1f/1f….png`, relative to the store. */
  location(object: StoredFile): string
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
        throw new Problem("StoreCorrupt", `the store lost an object: ${object.sha256}.${object.extension}`, {
          file,
          hint: "run `probeline verify --repair`, and the pipeline again: what is missing is computed again"
        })
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
      // views are hard links to it: read-only, so that whoever writes to one is told that it is not theirs to change
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

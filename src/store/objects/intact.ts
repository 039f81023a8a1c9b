/**
 * Verifies objects on first use: each is hashed once per process before anything reads it, so a reader gets
 * exactly the named bytes or an error.
 *
 * A bit flip inside a page of numbers breaks no parser; it would just be another number.
 */
import { createHash } from "node:crypto"
import { Problem } from "../../support/problem.ts"
import type { FileSystem } from "../files/file-system.ts"
import type { Layout } from "../files/layout.ts"
import type { StoredFile } from "./object-ref.ts"

/** Bytes hashed at a time. */
const piece = 4 << 20

export class Intact {
  readonly #files: FileSystem
  readonly #layout: Layout
  readonly #known = new Set<string>()
  constructor(files: FileSystem, layout: Layout) {
    this.#files = files
    this.#layout = layout
  }

  /** Checks an object's bytes that have already been read. @throws {Problem} StoreCorrupt */
  checkBytes(object: StoredFile, bytes: Uint8Array): void {
    if (this.#known.has(object.sha256)) return
    const isWhole = bytes.byteLength === object.bytes
    if (!isWhole || createHash("sha256").update(bytes).digest("hex") !== object.sha256)
      throw this.#damaged(object)
    this.#known.add(object.sha256)
  }

  /** The same for an object that is read in parts. @throws {Problem} StoreCorrupt */
  check(object: StoredFile): void {
    if (!this.is(object)) throw this.#damaged(object)
  }

  is(object: StoredFile): boolean {
    if (this.#known.has(object.sha256)) return true
    const file = this.#layout.object(object.sha256, object.extension)
    const hash = createHash("sha256")
    for (let at = 0; at < object.bytes; at += piece) {
      const bytes = this.#files.readRange(file, at, Math.min(piece, object.bytes - at))
      if (bytes.byteLength < Math.min(piece, object.bytes - at)) return false
      hash.update(bytes)
    }
    if (hash.digest("hex") !== object.sha256) return false
    this.#known.add(object.sha256)
    return true
  }

  #damaged({ sha256, extension }: StoredFile): Problem {
    return new Problem("StoreCorrupt", `an object of the store is damaged: ${sha256}.${extension}`, {
      file: this.#layout.object(sha256, extension),
      hint: "run `probeline verify --repair`, which checks all files and removes damaged ones, then the pipeline, which computes them again"
    })
  }
}

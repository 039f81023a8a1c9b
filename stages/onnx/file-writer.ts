import { closeSync, fsyncSync, openSync, writeSync } from "node:fs"
import type { RandomAccess } from "./access.ts"
import { OnnxError } from "./onnx-error.ts"

const pieceSize = 1 << 22

/** Writes a file from front to back; parts of other files in pieces. */
export class FileWriter {
  readonly #descriptor: number
  #size = 0

  constructor(file: string) {
    this.#descriptor = openSync(file, "wx")
  }
  write(bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length;) {
      written += writeSync(this.#descriptor, bytes, written)
    }
    this.#size += bytes.length
  }
  /** @throws {OnnxError} the source ends before */
  copy(source: RandomAccess, { from, length }: { readonly from: number; readonly length: number }): void {
    for (let at = from; at < from + length;) {
      const bytes = source.read(at, Math.min(pieceSize, from + length - at))
      if (bytes.length === 0) throw new OnnxError("the file became shorter while it was read")
      this.write(bytes)
      at += bytes.length
    }
  }
  /** Makes it last, and gives its size in bytes. */
  finish(): number {
    fsyncSync(this.#descriptor)
    return this.#size
  }
  close(): void {
    closeSync(this.#descriptor)
  }
}

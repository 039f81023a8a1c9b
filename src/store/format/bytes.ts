/**
 * Byte sinks and sources: what the file formats write to and read from. Callers wrap their files in these.
 */

/** Takes bytes in order. */
export interface ByteSink {
  /** A sink may keep the pieces: the caller must not change them until the file is complete. */
  write(pieces: ReadonlyArray<Uint8Array>): void
}

/** Reads bytes at any position. */
export interface ByteSource {
  /** used in messages */
  readonly name: string
  readonly size: number
  /** Fills `into` with the bytes from `position` on; throws if there are too few. */
  read(position: number, into: Uint8Array): void
}

/** A file that is torn, damaged, or in an unsupported form. */
export class FileFormatError extends Error {
  override readonly name = "FileFormatError"
  readonly file: string
  constructor(file: string, what: string, cause?: unknown) {
    super(`${file}: ${what}`, cause === undefined ? undefined : { cause })
    this.file = file
  }
}

/** Turns whatever a decoder throws into a FileFormatError: unexpected content is the file's fault. */
export function blamingFile<A>(file: string, decode: () => A): A {
  try {
    return decode()
  } catch (error) {
    if (error instanceof FileFormatError) throw error
    throw new FileFormatError(file, `it cannot be read: it is damaged (${(error as Error).message})`, error)
  }
}

/** Collects a file in memory. */
export class MemorySink implements ByteSink {
  readonly #pieces: Array<Uint8Array> = []
  write(pieces: ReadonlyArray<Uint8Array>): void {
    this.#pieces.push(...pieces)
  }
  /** The whole file, copied into one piece. */
  bytes(): Uint8Array {
    return Buffer.concat(this.#pieces)
  }
}

/** A file in memory. */
export const memorySource = (bytes: Uint8Array, name = "a file in memory"): ByteSource => ({
  name,
  size: bytes.byteLength,
  read(position, into) {
    if (position < 0 || position + into.byteLength > bytes.byteLength)
      throw new FileFormatError(
        name,
        `it ends at byte ${bytes.byteLength}, where ${position + into.byteLength} were expected`
      )
    into.set(bytes.subarray(position, position + into.byteLength))
  }
})

/** A part of a source, copied into memory of its own. */
export function readBytes(source: ByteSource, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  source.read(position, bytes)
  return bytes
}

/** Reads taps' vectors from the files that a manifest names, slice by slice. */
import type { RandomAccess } from "../../src/index.ts"
import { readHalves, readValues, type FileTensor } from "../tensor-files/stored-tensor.ts"
import { openTensor } from "../tensor-files/tensor-file.ts"
import { type Entry, ImportError, type Place } from "./entry.ts"

/** float16 is kept as it is, which halves the space. */
export type Vector = Float32Array | Uint16Array
/** Opens a file; null if it does not exist. */
export type OpenFile = (file: string) => Promise<RandomAccess | null>

interface Opened {
  readonly access: RandomAccess
  readonly tensors: Map<string | null, FileTensor>
}
/** What all vectors of a tap must agree on, and where the first one was. */
interface Kind {
  readonly width: number
  readonly isHalf: boolean
  readonly file: string
}
/** A tap of an entry, and its place. */
interface Asked extends Place {
  readonly tap: string
  readonly entry: Entry
}
/** Limit on open files: a dump may have one per image. */
const mostOpen = 64

export class TensorReader {
  readonly #open: OpenFile
  readonly #rows: number | null
  readonly #opened = new Map<string, Opened>()
  readonly #kinds = new Map<string, Kind>()

  /** `rows`: the required first dimension of every array, if the manifest implies one. */
  constructor(open: OpenFile, rows: number | null) {
    this.#open = open
    this.#rows = rows
  }

  /**
   * The vectors of an entry at a tap, one per token.
   *
   * @throws {ImportError} the file is missing or malformed, its shape does not fit the manifest, another vector of
   *   the tap has another width, or a value is not finite
   */
  async read(entry: Entry, tap: string): Promise<ReadonlyArray<Vector>> {
    const place = entry.taps.get(tap)!
    const at: Asked = { ...place, row: place.row ?? entry.row, tap, entry }
    const tensor = await this.#tensor(place)
    const width = this.#width(at, tensor)
    const isHalf = tensor.type === "float16"
    this.#agree(tap, { width, isHalf, file: place.file })
    const count = entry.tokens.length * width
    const from = (at.row ?? 0) * count
    const values = isHalf ? readHalves(tensor, from, count) : readValues(tensor, from, count)
    checkFinite(values, at, width)
    return entry.tokens.map((_, i) => values.subarray(i * width, (i + 1) * width))
  }

  async #tensor({ file, tensor }: Place): Promise<FileTensor> {
    const opened = await this.#file(file)
    const known = opened.tensors.get(tensor)
    if (known !== undefined) return known
    try {
      const found = openTensor(file, opened.access, tensor)
      opened.tensors.set(tensor, found)
      return found
    } catch (cause) {
      throw new ImportError(
        file,
        null,
        (cause as Error).message,
        "save it again, with numpy.save or safetensors.numpy.save_file",
        cause
      )
    }
  }

  async #file(file: string): Promise<Opened> {
    const known = this.#opened.get(file)
    if (known !== undefined) return known
    const access = await this.#open(file)
    if (access === null)
      throw new ImportError(file, null, "there is no such file", "copy it there, or fix its name")
    if (this.#opened.size === mostOpen) {
      const [oldest, { access }] = this.#opened.entries().next().value!
      access.close()
      this.#opened.delete(oldest)
    }
    const opened = { access, tensors: new Map() }
    this.#opened.set(file, opened)
    return opened
  }

  /** The width of [width] or [tokens, width], after the dimension of rows, if any. */
  #width({ entry, file, row, tap, tensor }: Asked, { shape }: FileTensor): number {
    const rest = row === null ? shape : shape.slice(1)
    const tokens = entry.tokens.length
    const fail = (why: string): never => {
      const wanted = [row === null ? [] : (this.#rows ?? "rows"), tokens === 1 ? [] : tokens, "width"].flat()
      throw new ImportError(
        file,
        tensor,
        `${why}: its array is [${shape.join(", ")}], but tap "${tap}" of ${entry.field} needs [${wanted.join(", ")}]`,
        "check that it is the right array, and that `tokens` describe its second dimension"
      )
    }
    if (this.#rows !== null && shape[0] !== this.#rows) fail(`there are ${this.#rows} ids`)
    if (row !== null && row >= (shape[0] ?? 0)) fail(`there is no row ${row}`)
    // a single token may have its own dimension or none
    const isAlone = rest.length === 1 && tokens === 1
    if (!isAlone && (rest.length !== 2 || rest[0] !== tokens))
      fail(`${tokens} ${tokens === 1 ? "token is" : "tokens are"} named`)
    const width = rest.at(-1)!
    return width > 0 ? width : fail("its vectors are empty")
  }

  #agree(tap: string, kind: Kind): void {
    const first = this.#kinds.get(tap)
    if (first === undefined) return void this.#kinds.set(tap, kind)
    const { width, isHalf, file } = first
    const say = (one: Kind) => `${one.width} values of ${one.isHalf ? "float16" : "float32"}`
    if (width !== kind.width || isHalf !== kind.isHalf)
      throw new ImportError(
        kind.file,
        null,
        `a vector of tap "${tap}" has ${say(kind)}, but in ${file} ${say(first)}`,
        "all vectors of a tap must have the same width and type"
      )
  }

  close(): void {
    for (const { access } of this.#opened.values()) access.close()
    this.#opened.clear()
  }
}

function checkFinite(values: Vector, { entry, file, row, tap, tensor }: Asked, width: number): void {
  const at =
    values instanceof Uint16Array
      ? values.findIndex((bits) => (bits & 0x7c00) === 0x7c00) // an all-ones exponent means NaN or infinity
      : values.findIndex((value) => !Number.isFinite(value))
  if (at < 0) return
  const { token } = entry.tokens[Math.floor(at / width)]!
  throw new ImportError(
    file,
    tensor,
    `value ${at % width} of token "${token}"${row === null ? "" : ` in row ${row}`} (item "${entry.id}", tap "${tap}") is NaN or infinite`,
    "leave the item out, or compute it again"
  )
}

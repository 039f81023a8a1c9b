/**
 * Reads protobuf's wire format without a schema, field by field; what is not asked for is skipped unread.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
import { NotUtf8, utf8 } from "../../../src/pipeline/utf8.ts"
import type { WindowedReader } from "./access.ts"
import { OnnxError } from "./onnx-error.ts"

/** A field of a message: where its payload lies, or its value if it is a varint. */
export interface Field {
  readonly number: number
  readonly wire: number
  /** of the payload, in bytes from the file's start */
  readonly position: number
  readonly length: number
  /** of a varint, as int64; 0 for other wire types. Exact up to ±2⁵³ */
  readonly value: number
}

const VARINT = 0
const FIXED64 = 1
const LENGTH_DELIMITED = 2
const FIXED32 = 5

export class Protobuf {
  readonly #reader: WindowedReader
  #position = 0

  constructor(reader: WindowedReader) {
    this.#reader = reader
  }

  /** The fields of the whole file. */
  top(): Generator<Field> {
    return this.#fields(0, this.#reader.size)
  }
  /**
   * The fields of an embedded message.
   *
   * @throws {OnnxError} the field is no message, or it is truncated
   */
  message(field: Field): Generator<Field> {
    if (field.wire !== LENGTH_DELIMITED) {
      throw new OnnxError(
        `this is not an ONNX file: field ${field.number} before byte ${field.position} should be a message`
      )
    }
    return this.#fields(field.position, field.position + field.length)
  }
  /** @throws {OnnxError} it is not UTF-8, as protobuf's strings are: names that differ would become one */
  text(field: Field): string {
    try {
      return utf8(this.#reader.span(field.position, field.length))
    } catch (cause) {
      if (!(cause instanceof NotUtf8)) throw cause
      throw new OnnxError(
        `a text in the file is not UTF-8, at byte ${field.position + cause.offset}: export it again with names in UTF-8`,
        { cause }
      )
    }
  }
  /** A repeated integer field, packed (all in one) or not (one at a time). */
  integers(field: Field): Array<number> {
    if (field.wire === VARINT) return [field.value]
    const values: Array<number> = []
    for (this.#position = field.position; this.#position < field.position + field.length;) {
      values.push(this.#varint())
    }
    return values
  }

  *#fields(start: number, end: number): Generator<Field> {
    for (let at = start; at < end;) {
      this.#position = at
      const key = this.#varint()
      const [number, wire] = [Math.floor(key / 8), key & 7]
      let [value, length] = [0, 0]
      if (wire === VARINT) value = this.#varint()
      else if (wire === LENGTH_DELIMITED) length = this.#varint()
      else if (wire === FIXED64) length = 8
      else if (wire === FIXED32) length = 4
      else throw new OnnxError(`this is not an ONNX file: byte ${at} starts no protobuf field`)
      const position = this.#position
      at = position + length
      if (number === 0) throw new OnnxError(`this is not an ONNX file: byte ${position} follows a field 0`)
      if (at > end) {
        throw new OnnxError(
          `the file is truncated or not ONNX: a field at byte ${position} needs ${length} bytes, its message has ${end - position}`
        )
      }
      yield { number, wire, position, length, value }
    }
  }

  /** Ten bytes are a negative int64: its complement is summed, since −1 as 2⁶⁴ − 1 would lose its last digits. */
  #varint(): number {
    let [value, complement, place] = [0, 0, 1]
    for (let n = 0; n < 10; n++) {
      const byte = this.#reader.byte(this.#position++)
      if (byte === undefined) throw new OnnxError("the file is truncated: it ends within a number")
      value += (byte & 127) * place
      if (byte < 128) return n === 9 ? -1 - complement : value
      complement += (127 - (byte & 127)) * place
      place *= 128
    }
    throw new OnnxError(`this is not an ONNX file: the number before byte ${this.#position} has no end`)
  }
}

/**
 * Reads protobuf's wire format without a schema, field by field; fields that are not requested are skipped unread.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/
 */
import { NotUtf8, utf8 } from "../../src/support/utf8.ts"
import type { WindowedReader } from "./access.ts"
import { OnnxError } from "./onnx-error.ts"

/** A field of a message: the position of its payload, or its value if it is a varint. */
export interface Field {
  readonly number: number
  readonly wire: number
  /** of the payload, in bytes from the file's start */
  readonly position: number
  /** of the payload, which lies within its message */
  readonly length: number
  /** of a varint, as int64; 0 for other wire types. Exact up to ±2⁵³ */
  readonly value: number
  /** nesting depth of its message */
  readonly depth: number
}

const VARINT = 0
const FIXED64 = 1
const LENGTH_DELIMITED = 2
const FIXED32 = 5

/** As in protobuf's specification. */
const largestNumber = 2 ** 29 - 1
/** As in protobuf's own readers. */
const deepest = 100
/** Names take a few hundred bytes; a longer text would have to be read whole. */
const longestText = 2 ** 20
/** For a packed field: shapes and attributes of vision transformers are far smaller. */
const mostIntegers = 2 ** 20

export class Protobuf {
  readonly #reader: WindowedReader
  #position = 0

  constructor(reader: WindowedReader) {
    this.#reader = reader
  }

  /** The fields of the whole file. */
  top(): Generator<Field> {
    return this.#fields(0, this.#reader.size, 0)
  }
  /**
   * The fields of an embedded message.
   *
   * @throws {OnnxError} the field is not a message, messages are nested too deeply, or it is truncated
   */
  message(field: Field): Generator<Field> {
    mustBe(field, field.wire === LENGTH_DELIMITED, "a message")
    const depth = field.depth + 1
    if (depth > deepest)
      throw new OnnxError(
        `the file is invalid: at byte ${field.position}, messages are nested more than ${deepest} deep`
      )
    return this.#fields(field.position, field.position + field.length, depth)
  }
  /**
   * @throws {OnnxError} it is not UTF-8, which protobuf's strings must be: decoding could make different names equal
   */
  text(field: Field): string {
    mustBe(field, field.wire === LENGTH_DELIMITED, "a text")
    if (field.length > longestText)
      throw new OnnxError(
        `the file is invalid: the text at byte ${field.position} has ${field.length} bytes; the limit is ${longestText}`
      )
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
    mustBe(field, field.wire === LENGTH_DELIMITED, "an integer, or a list of them")
    if (field.length > mostIntegers)
      throw new OnnxError(
        `the file is invalid: the list of integers at byte ${field.position} has ${field.length} bytes; the limit is ${mostIntegers}`
      )
    const values: Array<number> = []
    const end = field.position + field.length
    for (this.#position = field.position; this.#position < end;) values.push(this.#varint(end))
    return values
  }

  *#fields(start: number, end: number, depth: number): Generator<Field> {
    for (let at = start; at < end;) {
      this.#position = at
      const key = this.#varint(end)
      const [number, wire] = [Math.floor(key / 8), key & 7]
      if (number < 1 || number > largestNumber)
        throw new OnnxError(`this is not an ONNX file: byte ${at} starts a field ${number}`)
      let [value, length] = [0, 0]
      if (wire === VARINT) value = this.#varint(end)
      else if (wire === LENGTH_DELIMITED) length = this.#varint(end)
      else if (wire === FIXED64) length = 8
      else if (wire === FIXED32) length = 4
      else throw new OnnxError(`this is not an ONNX file: byte ${at} does not start a protobuf field`)
      const position = this.#position
      if (length < 0)
        throw new OnnxError(`this is not an ONNX file: a field at byte ${position} has a negative length`)
      // compare with the remaining length: the sum of two large numbers is not exact
      if (length > end - position)
        throw new OnnxError(
          `the file is truncated or not ONNX: a field at byte ${position} needs ${length} bytes, but its message has ${end - position}`
        )
      at = position + length
      yield { number, wire, position, length, value, depth }
    }
  }

  /**
   * An int64. Ten bytes mean a negative number; its complement is summed, because 2⁶⁴ − 1 is not exact in a float64.
   *
   * @param end of the enclosing message or list
   */
  #varint(end: number): number {
    const start = this.#position
    let [value, complement, place] = [0, 0, 1]
    for (let n = 0; n < 10; n++) {
      const byte = this.#position < end ? this.#reader.byte(this.#position) : undefined
      if (byte === undefined)
        throw new OnnxError(`the file is truncated or not ONNX: a number at byte ${start} is cut off`)
      this.#position++
      // 64 bits are nine groups of 7, plus one
      if (n === 9 && byte < 2) return byte === 1 ? -1 - complement : value
      value += (byte & 127) * place
      if (byte < 128 && n < 9) return value
      complement += (127 - (byte & 127)) * place
      place *= 128
    }
    throw new OnnxError(`this is not an ONNX file: the number at byte ${start} has more than 64 bits`)
  }
}

function mustBe({ number, position }: Field, isSo: boolean, what: string): void {
  if (!isSo)
    throw new OnnxError(`this is not an ONNX file: field ${number} before byte ${position} should be ${what}`)
}

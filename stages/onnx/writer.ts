/**
 * Writes parts of ONNX models as protobuf.
 *
 * Source of field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import { type Dimension, type ElementType, elementTypes } from "./model.ts"

const encoder = new TextEncoder()

/** Concatenates any number of parts. */
export function message(...parts: ReadonlyArray<Uint8Array>): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
/** The header of a length-delimited field. */
export const tag = (number: number, length: number): ReadonlyArray<Uint8Array> => [
  varint(number * 8 + 2),
  varint(length)
]
/** A length-delimited field: a message, or bytes. */
export const embedded = (number: number, bytes: Uint8Array): Uint8Array =>
  message(...tag(number, bytes.length), bytes)
export const text = (number: number, value: string): Uint8Array => embedded(number, encoder.encode(value))
/** A whole number ≥ 0. */
export const integer = (number: number, value: number): Uint8Array =>
  message(varint(number * 8), varint(value))

function varint(value: number): Uint8Array {
  const bytes: Array<number> = []
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128)
  return Uint8Array.of(...bytes, value)
}

/** ValueInfoProto of a tensor. */
export function tensorInfo(
  name: string,
  elementType: ElementType,
  dims: ReadonlyArray<Dimension>
): Uint8Array {
  const shape = dims.map((dim) =>
    embedded(1, typeof dim === "number" ? integer(1, dim) : dim === null ? message() : text(2, dim))
  )
  const tensor = message(integer(1, elementTypes.indexOf(elementType)), embedded(2, message(...shape)))
  return message(text(1, name), embedded(2, embedded(1, tensor)))
}
/** ValueInfoProto with only a name: onnxruntime infers type and shape. */
export const nameOnly = (name: string): Uint8Array => text(1, name)

/** NodeProto; attributes are integers. */
export function node(
  op: string,
  inputs: ReadonlyArray<string>,
  output: string,
  integers: Readonly<Record<string, number>> = {}
): Uint8Array {
  const attributes = Object.entries(integers).map(([name, value]) =>
    embedded(5, message(text(1, name), integer(3, value), integer(20, 2)))
  )
  return message(
    ...inputs.map((input) => text(1, input)),
    text(2, output),
    text(3, output),
    text(4, op),
    ...attributes
  )
}

export interface GraphParts {
  readonly nodes: ReadonlyArray<Uint8Array>
  readonly inputs: ReadonlyArray<Uint8Array>
  readonly outputs: ReadonlyArray<Uint8Array>
}
/** The fields of a GraphProto. */
export const graphBody = ({ nodes, inputs, outputs }: GraphParts): Uint8Array =>
  message(
    ...nodes.map((bytes) => embedded(1, bytes)),
    ...inputs.map((bytes) => embedded(11, bytes)),
    ...outputs.map((bytes) => embedded(12, bytes))
  )
/**
 * Bytes to append to a model to extend its graph: a second `graph` field is merged into the first.
 *
 * Source: https://protobuf.dev/programming-guides/encoding/#last-one-wins
 */
export const graphPatch = (parts: GraphParts): Uint8Array => embedded(7, graphBody(parts))

import { checkLocation } from "./external-location.ts"
import { type ElementType, elementTypes, type Initializer } from "./model.ts"
import { OnnxError } from "./onnx-error.ts"
import type { Field, Protobuf } from "./protobuf.ts"

/**
 * TensorProto without its data, but for a boolean's (`int32_data` 5 or `raw_data` 9).
 *
 * @throws {OnnxError} its data lie outside of the model's folder, or its shape is none
 */
export function readTensor(protobuf: Protobuf, tensor: Field): Initializer {
  let [name, external, location] = ["", false, ""]
  let elementType: ElementType = "undefined"
  let value: number | undefined
  const dims: Array<number> = []
  for (const field of protobuf.message(tensor)) {
    if (field.number === 1) for (const size of protobuf.integers(field)) dims.push(sizeOf(field, size))
    else if (field.number === 2) elementType = elementTypes[field.value] ?? "undefined"
    else if ((field.number === 5 || field.number === 9) && field.length < 2)
      [value] = protobuf.integers(field)
    else if (field.number === 8) name = protobuf.text(field)
    else if (field.number === 13) {
      const [key, value] = readEntry(protobuf, field)
      if (key === "location") location = value
    } else if (field.number === 14) external = field.value === 1
  }
  return {
    name,
    dims,
    elementType,
    location: external ? checkLocation(name, location) : null,
    ...(elementType === "bool" && value !== undefined ? { flag: value !== 0 } : {})
  }
}

/** @throws {OnnxError} it is no size: what reads it may multiply or count by it */
function sizeOf({ position }: Field, size: number): number {
  if (size >= 0 && size < 2 ** 31) return size
  throw new OnnxError(
    `the file is invalid: a tensor's shape, at byte ${position}, has a dimension of ${size}`
  )
}

/** StringStringEntryProto */
export function readEntry(protobuf: Protobuf, entry: Field): [key: string, value: string] {
  const pair: [string, string] = ["", ""]
  for (const field of protobuf.message(entry)) {
    if (field.number === 1) pair[0] = protobuf.text(field)
    else if (field.number === 2) pair[1] = protobuf.text(field)
  }
  return pair
}

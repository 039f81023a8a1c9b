import { type Dimension, type ElementType, elementTypes, type ValueInfo } from "./model.ts"
import type { Field, Protobuf } from "./protobuf.ts"

/** ValueInfoProto: a name, and of tensors the element type and the shape, as far as they are given. */
export function readValueInfo(protobuf: Protobuf, info: Field): ValueInfo {
  let name = ""
  let type: Omit<ValueInfo, "name"> = { elementType: "undefined", dims: null }
  for (const field of protobuf.message(info)) {
    if (field.number === 1) name = protobuf.text(field)
    else if (field.number === 2) type = readType(protobuf, field)
  }
  return { name, ...type }
}

/** TypeProto, of which `tensor_type` is field 1. */
function readType(protobuf: Protobuf, type: Field): Omit<ValueInfo, "name"> {
  let elementType: ElementType = "undefined"
  let dims: Array<Dimension> | null = null
  for (const kind of protobuf.message(type)) {
    if (kind.number !== 1) continue
    for (const field of protobuf.message(kind)) {
      if (field.number === 1) elementType = elementTypes[field.value] ?? "undefined"
      else if (field.number === 2) dims = readShape(protobuf, field)
    }
  }
  return { elementType, dims }
}

function readShape(protobuf: Protobuf, shape: Field): Array<Dimension> {
  const dims: Array<Dimension> = []
  for (const dimension of protobuf.message(shape)) {
    if (dimension.number !== 1) continue
    let size: Dimension = null
    for (const field of protobuf.message(dimension)) {
      if (field.number === 1) size = field.value
      else if (field.number === 2) size = protobuf.text(field)
    }
    dims.push(size)
  }
  return dims
}

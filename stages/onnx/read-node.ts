/** Reads NodeProto and TensorProto without the data of weights. */
import * as path from "node:path"
import { wrongPath } from "../../src/support/file-names.ts"
import { type Initializer, type OnnxNode, type ElementType, elementTypes } from "./model.ts"
import { OnnxError } from "./onnx-error.ts"
import type { Field, Protobuf } from "./protobuf.ts"

/** Limit on the inputs and outputs of a node. */
const mostTensors = 2 ** 12

/** NodeProto, with the attributes that matter for structure. */
export function readNode(protobuf: Protobuf, node: Field): OnnxNode {
  let [op, domain, name] = ["", "", ""]
  const inputs: Array<string> = []
  const outputs: Array<string> = []
  const captured = new Set<string>()
  const integers = new Map<string, ReadonlyArray<number>>()
  let constant: Initializer | null = null
  for (const field of protobuf.message(node)) {
    if (field.number === 1) inputs.push(protobuf.text(field))
    else if (field.number === 2) outputs.push(protobuf.text(field))
    else if (field.number === 3) name = protobuf.text(field)
    else if (field.number === 4) op = protobuf.text(field)
    else if (field.number === 5) {
      const attribute = readAttribute(protobuf, field, captured)
      if (attribute.integers.length > 0) integers.set(attribute.name, attribute.integers)
      constant ??= attribute.tensor
    } else if (field.number === 7) domain = protobuf.text(field)
    if (inputs.length + outputs.length + captured.size > mostTensors)
      throw new OnnxError(`a node of the graph has more than ${mostTensors} tensors: this is not an encoder`)
  }
  return { op, domain, name, inputs, outputs, captured: [...captured], integers, constant }
}

/** AttributeProto: `i` 3, `t` 5, `g` 6, `ints` 8, `graphs` 11. */
function readAttribute(protobuf: Protobuf, attribute: Field, captured: Set<string>) {
  let name = ""
  const integers: Array<number> = []
  let tensor: Initializer | null = null
  for (const field of protobuf.message(attribute)) {
    if (field.number === 1) name = protobuf.text(field)
    else if (field.number === 3 || field.number === 8)
      for (const value of protobuf.integers(field)) integers.push(value)
    else if (field.number === 5) tensor = readTensor(protobuf, field)
    else if (field.number === 6 || field.number === 11) readCaptured(protobuf, field, captured)
  }
  return { name, integers, tensor }
}

/** The names that a subgraph reads but does not produce itself. */
function readCaptured(protobuf: Protobuf, graph: Field, captured: Set<string>): void {
  const own = new Set<string>()
  const read = new Set<string>()
  for (const field of protobuf.message(graph)) {
    if (field.number === 1) {
      const { inputs, outputs, captured: deeper } = readNode(protobuf, field)
      for (const name of [...inputs, ...deeper]) read.add(name)
      for (const name of outputs) own.add(name)
    } else if (field.number === 5) own.add(readTensor(protobuf, field).name)
    else if (field.number === 11) own.add(nameOf(protobuf, field))
    else if (field.number === 12) read.add(nameOf(protobuf, field))
  }
  for (const name of read) if (name !== "" && !own.has(name)) captured.add(name)
}

function nameOf(protobuf: Protobuf, info: Field): string {
  for (const field of protobuf.message(info)) if (field.number === 1) return protobuf.text(field)
  return ""
}

/**
 * TensorProto without its data, except for a boolean (`int32_data` 5 or `raw_data` 9).
 *
 * @throws {OnnxError} its data lie outside the model's folder, or its shape is invalid
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

/** @throws {OnnxError} it is not a valid size: readers may multiply or allocate by it */
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

/**
 * The path of external weights, relative to the model's folder. It comes from the file: a path that leads out of the
 * folder could read anything on this machine.
 *
 * Source: https://onnx.ai/onnx/repo-docs/ExternalData.html
 *
 * @throws {OnnxError} the path is empty, absolute, leaves the folder, or cannot be a file's
 */
function checkLocation(tensor: string, location: string): string {
  if (location === "") throw new OnnxError(`the external weights of ${tensor} have no location`)
  const normal = path.posix.normalize(location.replaceAll("\\", "/"))
  const leaves = normal === ".." || normal.startsWith("../")
  if (leaves || path.posix.isAbsolute(normal) || path.win32.isAbsolute(location)) {
    throw new OnnxError(
      `the external weights of ${tensor} are at "${location}", outside the model's folder: save the model again with its data file beside it`
    )
  }
  const wrong = wrongPath(normal, "the model's folder")
  if (wrong !== null)
    throw new OnnxError(
      `the external weights of ${tensor} are at ${JSON.stringify(location)}, which ${wrong}`
    )
  return location
}

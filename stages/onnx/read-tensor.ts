import * as path from "node:path"
import { type ElementType, elementTypes, type Initializer } from "./model.ts"
import { OnnxError } from "./onnx-error.ts"
import type { Field, Protobuf } from "./protobuf.ts"
import { wrongPath } from "../../src/support/file-names.ts"

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

/**
 * The place of external weights, relative to the model's folder. It comes out of the file: a path that leads out of
 * the folder could read anything on this machine.
 *
 * Source: https://onnx.ai/onnx/repo-docs/ExternalData.html
 *
 * @throws {OnnxError} the path is empty, absolute, leaves the folder, or is no file's
 */
function checkLocation(tensor: string, location: string): string {
  if (location === "") throw new OnnxError(`the external weights of ${tensor} have no location`)
  const normal = path.posix.normalize(location.replaceAll("\\", "/"))
  const leaves = normal === ".." || normal.startsWith("../")
  if (leaves || path.posix.isAbsolute(normal) || path.win32.isAbsolute(location)) {
    throw new OnnxError(
      `the external weights of ${tensor} are at "${location}", outside of the model's folder: put the data file beside the model and save it again`
    )
  }
  const wrong = wrongPath(normal, "the model's folder")
  if (wrong !== null)
    throw new OnnxError(
      `the external weights of ${tensor} are at ${JSON.stringify(location)}, which ${wrong}`
    )
  return location
}

/**
 * Reads the structure of an ONNX model and skips the data of tensors, so that a model of hundreds of megabytes costs only
 * a few megabytes of reading.
 *
 * Source of field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import { type FileReader, WindowedReader } from "./access.ts"
import {
  type Initializer,
  type Model,
  type OnnxNode,
  type ValueInfo,
  type ElementType,
  type Dimension,
  elementTypes
} from "./model.ts"
import { OnnxError } from "./onnx-error.ts"
import { type Field, Protobuf } from "./protobuf.ts"
import { readNode, readTensor } from "./read-node.ts"

/**
 * The structure of a model. A repeated `graph` field is merged, as protobuf specifies: patches are appended that way.
 *
 * @throws {OnnxError} the bytes are not an ONNX model, they are truncated, or external weights lie outside the
 *   model's folder; the message does not name the file
 */
export function readModel(source: FileReader): Model {
  try {
    return read(source)
  } catch (error) {
    const kind = error instanceof OnnxError ? otherKind(source) : null
    throw kind === null ? error : new OnnxError(`this is not an ONNX file: ${kind}`, { cause: error })
  }
}

function read(source: FileReader): Model {
  const protobuf = new Protobuf(new WindowedReader(source))
  let [irVersion, producer] = [0, ""]
  const opsets = new Map<string, number>()
  const localFunctions: Array<string> = []
  const parts = { nodes: [], initializers: new Map(), inputs: [], outputs: [], valueInfo: new Map() } as Parts
  for (const field of protobuf.top()) {
    if (field.number === 1) irVersion = field.value
    else if (field.number === 2) producer = protobuf.text(field)
    else if (field.number === 7) readGraph(protobuf, field, parts)
    else if (field.number === 8) opsets.set(...readOpset(protobuf, field))
    else if (field.number === 25) localFunctions.push(readFunctionName(protobuf, field))
  }
  if (opsets.size === 0 || parts.nodes.length === 0) {
    throw new OnnxError(
      `this is not an ONNX file, or it is truncated: it has ${parts.nodes.length} nodes and ${opsets.size} operator sets`
    )
  }
  const locations = [...parts.initializers.values()].flatMap(({ location }) => location ?? [])
  return {
    irVersion,
    producer,
    opsets,
    graph: parts,
    localFunctions,
    externalFiles: [...new Set(locations)]
  }
}

interface Parts {
  readonly nodes: Array<OnnxNode>
  readonly initializers: Map<string, Initializer>
  readonly inputs: Array<ValueInfo>
  readonly outputs: Array<ValueInfo>
  readonly valueInfo: Map<string, ValueInfo>
}

/** Encoders have a few thousand; the time to process a graph grows faster than its number of nodes. */
const mostNodes = 2 ** 16

function readGraph(protobuf: Protobuf, graph: Field, parts: Parts): void {
  for (const field of protobuf.message(graph)) {
    if (field.number === 1) {
      if (parts.nodes.length === mostNodes)
        throw new OnnxError(`the graph has more than ${mostNodes} nodes: this is not an encoder`)
      parts.nodes.push(readNode(protobuf, field))
    } else if (field.number === 5) {
      const initializer = readTensor(protobuf, field)
      parts.initializers.set(initializer.name, initializer)
    } else if (field.number === 11) parts.inputs.push(readValueInfo(protobuf, field))
    else if (field.number === 12) parts.outputs.push(readValueInfo(protobuf, field))
    else if (field.number === 13) {
      const info = readValueInfo(protobuf, field)
      parts.valueInfo.set(info.name, info)
    }
  }
}

function readOpset(protobuf: Protobuf, opset: Field): [domain: string, version: number] {
  let [domain, version] = ["", 0]
  for (const field of protobuf.message(opset)) {
    if (field.number === 1) domain = protobuf.text(field)
    else if (field.number === 2) version = field.value
  }
  return [domain === "ai.onnx" ? "" : domain, version]
}

function readFunctionName(protobuf: Protobuf, definition: Field): string {
  for (const field of protobuf.message(definition)) if (field.number === 1) return protobuf.text(field)
  return "?"
}

/** Recognises other kinds of files by their first bytes, with advice; null if unknown. */
function otherKind(source: FileReader): string | null {
  if (source.size === 0) return "the file is empty: fetch or export it again"
  const start = Buffer.from(source.read(0, 64)).toString("latin1")
  if (start.startsWith("version https://git-lfs")) {
    return "the file is a Git LFS pointer instead of the model: fetch the model itself (git lfs pull)"
  }
  if (/^\s*<(!doctype|html|\?xml)/i.test(start)) {
    return "the file is a web page instead of the model: use the model's download URL"
  }
  if (start.startsWith("PK\u0003\u0004"))
    return "the file is a zip archive or a PyTorch checkpoint: export it to ONNX"
  // https://github.com/huggingface/safetensors#format: a length of 8 bytes, then JSON
  if (/^.{8}\{\s*"/s.test(start)) return "the file holds only weights (safetensors): export the model to ONNX"
  // FlatBuffers put the format's identifier after the first offset
  if (start.slice(4, 8) === "ORTM")
    return "the file is in onnxruntime's own format (.ort): give the .onnx file"
  return null
}

/** ValueInfoProto: a name and, for tensors, the element type and shape as far as they are given. */
function readValueInfo(protobuf: Protobuf, info: Field): ValueInfo {
  let name = ""
  let type: Omit<ValueInfo, "name"> = { elementType: "undefined", dims: null }
  for (const field of protobuf.message(info)) {
    if (field.number === 1) name = protobuf.text(field)
    else if (field.number === 2) type = readType(protobuf, field)
  }
  return { name, ...type }
}

/** TypeProto; `tensor_type` is field 1. */
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

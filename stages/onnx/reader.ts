/**
 * Reads the structure of an ONNX model; the payload of tensors is skipped, so that a model of hundreds of megabytes
 * costs a few of reading.
 *
 * Source of field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import { type RandomAccess, WindowedReader } from "./access.ts"
import { otherKind } from "./file-kind.ts"
import type { Initializer, Model, Node, ValueInfo } from "./model.ts"
import { OnnxError } from "./onnx-error.ts"
import { type Field, Protobuf } from "./protobuf.ts"
import { readNode } from "./read-node.ts"
import { readTensor } from "./read-tensor.ts"
import { readValueInfo } from "./read-value-info.ts"

/**
 * The structure of a model. A repeated `graph` field is merged, as protobuf says: patches are appended that way.
 *
 * @throws {OnnxError} the bytes are no ONNX model, they are truncated, or external weights lie outside of the
 * model's folder; the message does not name the file
 */
export function readModel(source: RandomAccess): Model {
  try {
    return read(source)
  } catch (error) {
    const kind = error instanceof OnnxError ? otherKind(source) : null
    throw kind === null ? error : new OnnxError(`this is not an ONNX file: ${kind}`, { cause: error })
  }
}

function read(source: RandomAccess): Model {
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
  readonly nodes: Array<Node>
  readonly initializers: Map<string, Initializer>
  readonly inputs: Array<ValueInfo>
  readonly outputs: Array<ValueInfo>
  readonly valueInfo: Map<string, ValueInfo>
}

/** Encoders have some thousands; the time that a graph takes grows faster than its nodes. */
const mostNodes = 2 ** 16

function readGraph(protobuf: Protobuf, graph: Field, parts: Parts): void {
  for (const field of protobuf.message(graph)) {
    if (field.number === 1) {
      if (parts.nodes.length === mostNodes)
        throw new OnnxError(`the graph has more than ${mostNodes} nodes: this is no encoder`)
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

import type { Initializer, OnnxNode } from "./model.ts"
import { OnnxError } from "./onnx-error.ts"
import type { Field, Protobuf } from "./protobuf.ts"
import { readTensor } from "./read-tensor.ts"

/** What a node may read and make. */
const mostTensors = 2 ** 12

/** NodeProto, with those of its attributes that say something of structure. */
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
      throw new OnnxError(`a node of the graph has more than ${mostTensors} tensors: this is no encoder`)
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

/** The names that a subgraph reads and does not make itself. */
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

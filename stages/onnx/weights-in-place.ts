/**
 * A model's bytes without its weights, which the runtime then reads where they lie: in the model's own file, named as
 * external data, or in data files, named where they truly are. So weights are never in the memory of JavaScript, nor
 * twice in the runtime's while it loads.
 *
 * Nodes that nothing needs are left out too: onnxruntime computes all that are there, read or not.
 *
 * Source of field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, and of external data:
 * https://onnx.ai/onnx/repo-docs/ExternalData.html
 */
import { type FileReader, WindowedReader } from "./access.ts"
import type { Needed } from "./graph-index.ts"
import { type Field, Protobuf } from "./protobuf.ts"
import { readEntry } from "./read-node.ts"
import { embedded, integer, message, tag, text } from "./writer.ts"

/** Smaller ones (shapes, axes, scalars) stay: optimisers look at their values. In bytes. */
const smallest = 1 << 12

const [GRAPH, NODE, INITIALIZER, OUTPUT, VALUE_INFO_NAME] = [7, 1, 5, 12, 1]
const [RAW_DATA, EXTERNAL_DATA, DATA_LOCATION] = [9, 13, 14]
const EXTERNAL = 1

/**
 * @param own the model's file, relative to the folder that the runtime is given
 * @param outside for data files, by their location in the model, their places relative to that folder; those that are
 * not named stay as they are
 * @param needed what stays of the graph; all if left out
 */
export function withoutWeights(
  source: FileReader,
  own: string,
  outside: ReadonlyMap<string, string> = new Map(),
  needed: Needed | null = null
): Uint8Array {
  const protobuf = new Protobuf(new WindowedReader(source))
  let nodes = 0
  const isNeeded = (field: Field): boolean => {
    if (needed === null) return true
    if (field.number === NODE) return needed.nodes.has(nodes++)
    return field.number !== OUTPUT || needed.has(nameOf(protobuf, field))
  }
  const parts = rewritten(protobuf.top(), 0, source, (graph) => {
    if (graph.number !== GRAPH) return null
    return rewritten(protobuf.message(graph), graph.position, source, (field) => {
      if (!isNeeded(field)) return leftOut
      return field.number === INITIALIZER ? placed(protobuf, source, field, own, outside) : null
    })
  })
  return message(...parts)
}

function nameOf(protobuf: Protobuf, valueInfo: Field): string {
  for (const field of protobuf.message(valueInfo)) {
    if (field.number === VALUE_INFO_NAME) return protobuf.text(field)
  }
  return ""
}

const leftOut = "left out"

/** The fields of a message; those that `replace` knows have other payloads or are left out, the others are as they are. */
function rewritten(
  fields: Iterable<Field>,
  start: number,
  source: FileReader,
  replace: (field: Field) => ReadonlyArray<Uint8Array> | typeof leftOut | null
): ReadonlyArray<Uint8Array> {
  const parts: Array<Uint8Array> = []
  // fields that stay are copied together
  let [from, end] = [start, start]
  for (const field of fields) {
    const payload = replace(field)
    const before = end
    end = field.position + field.length
    if (payload === null) continue
    parts.push(source.read(from, before - from))
    from = end
    if (payload === leftOut) continue
    const length = payload.reduce((sum, part) => sum + part.length, 0)
    parts.push(...tag(field.number, length), ...payload)
  }
  parts.push(source.read(from, end - from))
  return parts
}

/** A tensor whose data are said to lie in a file; null if it stays as it is. */
function placed(
  protobuf: Protobuf,
  source: FileReader,
  tensor: Field,
  own: string,
  outside: ReadonlyMap<string, string>
): ReadonlyArray<Uint8Array> | null {
  let raw: Field | null = null
  let [before, end, isExternal] = [tensor.position, tensor.position, false]
  for (const field of protobuf.message(tensor)) {
    if (field.number === DATA_LOCATION) isExternal = field.value === EXTERNAL
    if (field.number === RAW_DATA) [raw, before] = [field, end]
    end = field.position + field.length
  }
  if (isExternal) return moved(protobuf, source, tensor, outside)
  if (raw === null || raw.length < smallest) return null
  const behind = raw.position + raw.length
  return [
    source.read(tensor.position, before - tensor.position),
    source.read(behind, end - behind),
    entry("location", own),
    entry("offset", String(raw.position)),
    entry("length", String(raw.length)),
    // the last one counts, should there be another
    integer(DATA_LOCATION, EXTERNAL)
  ]
}

/** A tensor of a data file, under that file's true place. */
function moved(
  protobuf: Protobuf,
  source: FileReader,
  tensor: Field,
  outside: ReadonlyMap<string, string>
): ReadonlyArray<Uint8Array> {
  return rewritten(protobuf.message(tensor), tensor.position, source, (field) => {
    if (field.number !== EXTERNAL_DATA) return null
    const [key, value] = readEntry(protobuf, field)
    const place = key === "location" ? outside.get(value) : undefined
    return place === undefined ? null : [entryBody("location", place)]
  })
}

const entryBody = (key: string, value: string) => message(text(1, key), text(2, value))
const entry = (key: string, value: string) => embedded(EXTERNAL_DATA, entryBody(key, value))

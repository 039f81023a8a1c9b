/**
 * A model's bytes without its weights. The runtime reads the weights in place: in the model's own file, declared as
 * external data, or in data files, by their real paths. So weights never pass through JavaScript's memory and are not
 * in the runtime's memory twice while it loads.
 *
 * Unneeded nodes are removed too, because onnxruntime computes every node, read or not.
 *
 * Source of field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, and of external data:
 * https://onnx.ai/onnx/repo-docs/ExternalData.html
 */
import { type FileReader, WindowedReader } from "./access.ts"
import type { Needed } from "./graph-index.ts"
import { type Field, Protobuf } from "./protobuf.ts"
import { readEntry } from "./read-node.ts"
import { embedded, integer, message, tag, text } from "./writer.ts"

/** In bytes. Smaller tensors (shapes, axes, scalars) stay, because optimisers look at their values. */
const smallest = 1 << 12

const [GRAPH, NODE, INITIALIZER, OUTPUT, VALUE_INFO_NAME] = [7, 1, 5, 12, 1]
const [RAW_DATA, EXTERNAL_DATA, DATA_LOCATION] = [9, 13, 14]
const EXTERNAL = 1

/**
 * @param own the model's file, relative to the folder passed to the runtime
 * @param outside real paths of data files relative to that folder, by their location in the model; unlisted ones stay
 *   unchanged
 * @param needed the part of the graph to keep; default: all
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

/** Rewrites the fields of a message: `replace` changes or drops some, the others are copied unchanged. */
function rewritten(
  fields: Iterable<Field>,
  start: number,
  source: FileReader,
  replace: (field: Field) => ReadonlyArray<Uint8Array> | typeof leftOut | null
): ReadonlyArray<Uint8Array> {
  const parts: Array<Uint8Array> = []
  // copy unchanged fields in one piece
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

/** A tensor declared to have its data in a file; null if it stays unchanged. */
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
    // if there is another, the last one counts
    integer(DATA_LOCATION, EXTERNAL)
  ]
}

/** A tensor of a data file, with that file's real path. */
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

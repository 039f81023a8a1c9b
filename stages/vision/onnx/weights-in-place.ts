/**
 * A model's bytes without its weights, which the runtime then reads where they lie: in the model's own file, named as
 * external data. So weights are never in the memory of JavaScript, nor twice in the runtime's while it loads.
 *
 * Source of field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, and of external data:
 * https://onnx.ai/onnx/repo-docs/ExternalData.html
 */
import { type RandomAccess, WindowedReader } from "./access.ts"
import { type Field, Protobuf } from "./protobuf.ts"
import { embedded, integer, message, tag, text } from "./writer.ts"

/** Smaller ones (shapes, axes, scalars) stay: optimisers look at their values. In bytes. */
const smallest = 1 << 12

const [GRAPH, INITIALIZER, RAW_DATA, EXTERNAL_DATA, DATA_LOCATION] = [7, 5, 9, 13, 14]
const EXTERNAL = 1

/**
 * @param location the model's file, relative to the folder that the runtime is given
 */
export function withoutWeights(source: RandomAccess, location: string): Uint8Array {
  const protobuf = new Protobuf(new WindowedReader(source))
  const parts = rewritten(protobuf.top(), 0, source, (graph) => {
    if (graph.number !== GRAPH) return null
    return rewritten(protobuf.message(graph), graph.position, source, (tensor) =>
      tensor.number === INITIALIZER && tensor.length >= smallest
        ? referring(protobuf, source, tensor, location)
        : null
    )
  })
  return message(...parts)
}

/** The fields of a message; those that `replace` knows have other payloads, the others are as they are. */
function rewritten(
  fields: Iterable<Field>,
  start: number,
  source: RandomAccess,
  replace: (field: Field) => ReadonlyArray<Uint8Array> | null
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
    const length = payload.reduce((sum, part) => sum + part.length, 0)
    parts.push(...tag(field.number, length), ...payload)
    from = end
  }
  parts.push(source.read(from, end - from))
  return parts
}

/** A tensor whose raw data are said to lie in the file; null if it has none of its own. */
function referring(
  protobuf: Protobuf,
  source: RandomAccess,
  tensor: Field,
  location: string
): ReadonlyArray<Uint8Array> | null {
  let raw: Field | null = null
  let [before, end] = [tensor.position, tensor.position]
  for (const field of protobuf.message(tensor)) {
    if (field.number === DATA_LOCATION) return null
    if (field.number === RAW_DATA) [raw, before] = [field, end]
    end = field.position + field.length
  }
  if (raw === null || raw.length < smallest) return null
  const behind = raw.position + raw.length
  const entry = (key: string, value: string) => embedded(EXTERNAL_DATA, message(text(1, key), text(2, value)))
  return [
    source.read(tensor.position, before - tensor.position),
    source.read(behind, end - behind),
    entry("location", location),
    entry("offset", String(raw.position)),
    entry("length", String(raw.length)),
    integer(DATA_LOCATION, EXTERNAL)
  ]
}

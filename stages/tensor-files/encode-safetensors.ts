/** Writes Hugging Face's safetensors files (for the format see safetensors.ts). */
import { sizeOf } from "./stored-tensor.ts"

export interface NewTensor {
  readonly shape: ReadonlyArray<number>
  /** in C order */
  readonly values: Float32Array | Float64Array
}

/**
 * A .safetensors file with these tensors, in this order. The header is padded with spaces, so that values begin at a
 * multiple of 8 bytes.
 *
 * @param tensors by name; put float64 ones first, so that these are aligned too
 * @param metadata texts by name, for `__metadata__`
 * @throws {RangeError} the number of values does not match the shape, or a tensor is called `__metadata__`
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, NewTensor>,
  metadata: ReadonlyMap<string, string> = new Map()
): Uint8Array<ArrayBuffer> {
  const entries: Array<readonly [string, object]> = []
  if (metadata.size > 0) entries.push(["__metadata__", Object.fromEntries(metadata)])
  let end = 0
  for (const [name, { shape, values }] of tensors) {
    if (name === "__metadata__") throw new RangeError(`a tensor cannot be called ${name}`)
    if (sizeOf(shape) !== values.length)
      throw new RangeError(`${values.length} values do not fill tensor "${name}" [${shape.join(", ")}]`)
    const from = end
    end += values.byteLength
    const dtype = values instanceof Float32Array ? "F32" : "F64"
    entries.push([name, { dtype, shape, data_offsets: [from, end] }])
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)))
  const length = Math.ceil(json.length / 8) * 8
  const file = new Uint8Array(8 + length + end)
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true)
  file.fill(0x20, 8, 8 + length)
  file.set(json, 8)
  let at = 8 + length
  for (const { values } of tensors.values()) {
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at)
    at += values.byteLength
  }
  return file
}

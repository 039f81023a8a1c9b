/** Reads float64 tensors of a .safetensors file whole: the reader of stages rounds them to float32. */
import { openSafetensors } from "../../../stages/tensor-files/safetensors.ts"
import { sizeOf } from "../../../stages/tensor-files/stored-tensor.ts"
import { inMemory } from "./fixture.ts"

export function tensorsOf(file: Uint8Array) {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true))
  const header = JSON.parse(Buffer.from(file.subarray(8, 8 + length)).toString("utf8"))
  const opened = [...openSafetensors(inMemory(file))]
  return {
    metadata: (header.__metadata__ ?? {}) as Readonly<Record<string, string>>,
    tensors: new Map(
      opened.map(([name, { type, shape, offset }]) => {
        if (type !== "float64") throw new Error(`${name} is ${type}`)
        const bytes = file.slice(offset, offset + 8 * sizeOf(shape))
        return [name, { shape, values: new Float64Array(bytes.buffer) }]
      })
    )
  }
}

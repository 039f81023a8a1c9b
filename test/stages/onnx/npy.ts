import { readFileSync } from "node:fs"

/** A NumPy file of float32 or uint8 in C order. Source: numpy.lib.format, version 1.0. */
export function readNpy(file: string): {
  readonly data: Float32Array
  readonly shape: ReadonlyArray<number>
} {
  const bytes = readFileSync(file)
  const end = 10 + bytes.readUInt16LE(8)
  const header = bytes.toString("latin1", 10, end)
  const shape = /'shape': \(([^)]*)\)/
    .exec(header)![1]!
    .split(",")
    .flatMap((n) => (n.trim() ? Number(n) : []))
  const body = new Uint8Array(bytes.subarray(end))
  const type = /'descr': '([^']*)'/.exec(header)![1]
  if (type !== "<f4" && type !== "|u1") throw new Error(`${file} holds ${type}`)
  return { shape, data: type === "<f4" ? new Float32Array(body.buffer) : Float32Array.from(body) }
}

/** Files by numpy and safetensors, and ways to break them. */
import { readFileSync } from "node:fs"
import * as fc from "fast-check"
import type { ByteReader } from "../../../stages/tensor-files/stored-tensor.ts"

const folder = new URL("../../fixtures/import/tensors/", import.meta.url)
export const fixture = (name: string): Buffer => readFileSync(new URL(name, folder))
export const values = JSON.parse(fixture("values.json").toString()) as Readonly<
  Record<"F16" | "BF16" | "F32" | "F64", ReadonlyArray<number>>
>

export const inMemory = (bytes: Uint8Array): ByteReader => ({
  size: bytes.length,
  read: (position, length) => bytes.subarray(position, position + length)
})

/** A file with some bytes changed, and perhaps cut off. */
export const mutated = (bytes: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(
      fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 6 }),
      fc.option(fc.nat(bytes.length))
    )
    .map(([changes, length]) => {
      const copy = Uint8Array.from(bytes)
      for (const [at, byte] of changes) copy[at] = byte
      return copy.subarray(0, length ?? copy.length)
    })

import { createHash } from "node:crypto"
import { expect, test } from "vitest"
import { packedKeys, PackedKeys } from "../../../../src/store/records/packed-keys.ts"

const keyOf = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 32)
const packed = (count: number) => {
  const keys = new PackedKeys(count)
  for (let i = 0; i < count; i++) keys.set(i, Buffer.from(`item ${i}`))
  return keys
}

test.each([0, 1, 2, 3, 1000, 5000])("of %d keys each is found, and no other", (count) => {
  const keys = packed(count)
  const indexOf = keys.index()
  const own = packedKeys(Array.from({ length: count }, (_, i) => keys.at(i)))
  const others = packedKeys(Array.from({ length: count }, (_, i) => keyOf(`other ${i}`)))
  for (let i = 0; i < count; i++) {
    expect(keys.at(i)).toBe(keyOf(`item ${i}`))
    expect(indexOf(own, i)).toBe(i)
    expect(indexOf(others, i)).toBe(-1)
  }
  // a trace has no key for an item that it does not take
  const none = packedKeys(["", "00", "no key", "0".repeat(32), "f".repeat(32)])
  for (let i = 0; i < 5; i++) expect(indexOf(none, i)).toBe(-1)
})

test("keys that begin alike are told apart", () => {
  const keys = packed(100)
  const indexOf = keys.index()
  for (let i = 0; i < 100; i++) {
    const key = keys.at(i)
    const last = key.endsWith("0") ? "1" : "0"
    expect(indexOf(packedKeys([`${key.slice(0, -1)}${last}`]), 0)).toBe(-1)
  }
})

test("what is no key is packed as zeros, whatever it begins with", () => {
  const packed = packedKeys(["ab".repeat(8), "", "ab".repeat(16)])
  expect(Buffer.from(packed.buffer).toString("hex")).toBe(`${"00".repeat(32)}${"ab".repeat(16)}`)
})

import { createHash } from "node:crypto"
import { expect, test } from "vitest"
import { PackedKeys } from "../../../src/plan/packed-keys.ts"

const keyOf = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 32)
const packed = (count: number) => {
  const keys = new PackedKeys(count)
  for (let i = 0; i < count; i++) keys.set(i, Buffer.from(`item ${i}`))
  return keys
}

test.each([0, 1, 2, 3, 1000, 5000])("of %d keys each is found, and no other", (count) => {
  const keys = packed(count)
  const indexOf = keys.index()
  for (let i = 0; i < count; i++) {
    expect(keys.at(i)).toBe(keyOf(`item ${i}`))
    expect(indexOf(keys.at(i))).toBe(i)
    expect(indexOf(keyOf(`other ${i}`))).toBe(-1)
  }
  // a trace has no key for an item that it does not take
  for (const none of ["", "00", "no key", "0".repeat(32), "f".repeat(32)]) expect(indexOf(none)).toBe(-1)
})

test("keys that begin alike are told apart", () => {
  const keys = packed(100)
  const indexOf = keys.index()
  for (let i = 0; i < 100; i++) {
    const key = keys.at(i)
    const last = key.endsWith("0") ? "1" : "0"
    expect(indexOf(`${key.slice(0, -1)}${last}`)).toBe(-1)
  }
})

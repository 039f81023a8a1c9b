import { expect, it } from "vitest"
import { withChecksum, checkedValue } from "../../../../src/store/records/checksum.ts"

const value = { format: 1, name: "ünïcode 𝄞", list: [1, 2.5, null], nested: { a: "b" }, last: {} }

it.each([false, true])(
  "gives back what was sealed, and any JSON reader reads it (indented: %s)",
  (indented) => {
    const text = withChecksum(value, indented)
    expect(checkedValue(Buffer.from(text))).toEqual(value)
    expect(JSON.parse(text)).toMatchObject(value)
  }
)

it.each([false, true])("notices a change of any byte and a cut at any place (indented: %s)", (indented) => {
  const bytes = Buffer.from(withChecksum(value, indented))
  for (let i = 0; i < bytes.length; i++) {
    for (const bit of [0x01, 0x04, 0x20, 0x80]) {
      const damaged = Buffer.from(bytes)
      damaged[i]! ^= bit
      expect(() => checkedValue(damaged), `byte ${i}, bit ${bit}: ${damaged}`).toThrow(SyntaxError)
    }
    expect(() => checkedValue(bytes.subarray(0, i)), `cut at ${i}`).toThrow(SyntaxError)
  }
})

it("reads what an earlier version wrote without a seal", () => {
  expect(checkedValue(Buffer.from(`${JSON.stringify(value)}\n`))).toEqual(value)
})

import { expect, it } from "vitest"
import { unsnappy } from "../../../../src/store/format/snappy.ts"

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1")

it("decompresses literals and copies", () => {
  // 12 bytes: "abcd", and 8 from 4 back
  const input = Uint8Array.of(12, 3 << 2, 97, 98, 99, 100, (4 << 2) | 1, 4)
  expect(text(unsnappy(input, 12))).toBe("abcdabcdabcd")
})

it("decompresses literals of any length", () => {
  for (const length of [2, 60, 61, 256, 257, 65_536, 65_537, 2 ** 24 + 1]) {
    const bytes = length <= 60 ? 0 : Math.ceil(Math.log2(length) / 8)
    const size = Array.from({ length: bytes }, (_, i) => Math.floor((length - 1) / 256 ** i) % 256)
    const head = [0, (bytes === 0 ? length - 1 : 59 + bytes) << 2, ...size]
    const input = Buffer.concat([Uint8Array.from(head), Buffer.alloc(length, 120)])
    expect(unsnappy(input, length).every((byte) => byte === 120)).toBe(true)
  }
})

it.each([
  ["negative as a number of 32 bits", [4, 63 << 2, 250, 255, 255, 255, 97, 97]],
  ["the longest that there can be", [4, 63 << 2, 255, 255, 255, 255, 97, 97]],
  ["longer than the page", [4, 9 << 2, 97, 97]]
])("refuses a literal whose length is %s", (_, bytes) => {
  expect(() => unsnappy(Uint8Array.from(bytes), 4)).toThrow("a literal is longer than its page")
})

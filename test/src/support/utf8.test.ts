import { describe, expect, it } from "vitest"
import { fileText, isUnicode, NotUtf8, utf8 } from "../../../src/support/utf8.ts"

const bytesOf = (text: string, encoding: BufferEncoding = "utf8") => Buffer.from(text, encoding)
function refusal(read: () => string): NotUtf8 {
  try {
    read()
  } catch (error) {
    if (error instanceof NotUtf8) return error
    throw error
  }
  throw new Error("it was read")
}

describe("utf8", () => {
  it.each(["", "plain", "café", "～😀\u0000", "a replacement \ufffd character, twice \ufffd", "\ufeffmark"])(
    "reads what it was made of: %j",
    (text) => expect(utf8(bytesOf(text))).toBe(text)
  )

  it.each<readonly [string, ReadonlyArray<number>, number]>([
    ["Latin-1", [0x63, 0x61, 0x66, 0xe9], 3],
    ["a byte that never occurs", [0x61, 0xff], 1],
    ["a continuation without its start", [0x80], 0],
    ["an overlong slash", [0x61, 0x62, 0xc0, 0xaf], 2],
    ["half of a surrogate pair", [0x61, 0xed, 0xa0, 0x80], 1],
    ["a code point beyond Unicode", [0xf4, 0x90, 0x80, 0x80], 0],
    ["a character that is cut off", [0xe2, 0x82], 0],
    ["Latin-1 after characters of several bytes", [...bytesOf("é～😀\ufffd"), 0xe9], 12]
  ])("refuses %s, and says where", (_, bytes, offset) => {
    const error = refusal(() => utf8(Uint8Array.from(bytes)))
    expect(error.offset).toBe(offset)
    expect(error.message).toBe(
      `it is not valid UTF-8: byte 0x${bytes[offset]!.toString(16)} at offset ${offset} (line 1)`
    )
  })

  it("says in which line", () => {
    const bytes = Buffer.concat([bytesOf("é\n\nab"), Uint8Array.of(0xe9), bytesOf("\n")])
    expect(refusal(() => utf8(bytes))).toMatchObject({ offset: 6, line: 3, hint: "save the file as UTF-8" })
  })

  it("reads a part of a buffer, and no more", () => {
    expect(utf8(Uint8Array.of(0xff, 0x61, 0xff).subarray(1, 2))).toBe("a")
  })
})

describe("fileText", () => {
  it("leaves out a byte order mark at the start, and no other", () => {
    expect(fileText(bytesOf("\ufeffa\ufeffb"))).toBe("a\ufeffb")
  })

  const utf16be = (text: string) => bytesOf(text, "utf16le").swap16()
  const utf32 = (text: string, isLittle: boolean) => {
    const bytes = Buffer.alloc(4 * text.length)
    for (const [i, { codePointAt }] of [...text].map((c) => ({ codePointAt: c.codePointAt(0)! })).entries())
      if (isLittle) bytes.writeUInt32LE(codePointAt, 4 * i)
      else bytes.writeUInt32BE(codePointAt, 4 * i)
    return bytes
  }
  it.each<readonly [string, Uint8Array, string]>([
    ["little-endian, marked", bytesOf("\ufeff{}", "utf16le"), "UTF-16"],
    ["big-endian, marked", utf16be("\ufeff{}"), "UTF-16"],
    ["little-endian", bytesOf("{}", "utf16le"), "UTF-16"],
    ["big-endian", utf16be("{}"), "UTF-16"],
    ["four bytes, marked", utf32("\ufeff{}", true), "UTF-32"],
    ["four bytes, big-endian, marked", utf32("\ufeff{}", false), "UTF-32"],
    ["four bytes", utf32("{}", true), "UTF-32"]
  ])("names another encoding: %s", (_, bytes, name) => {
    expect(refusal(() => fileText(bytes)).message).toBe(`it is ${name}, not UTF-8`)
  })

  it.each([
    ["gzip", [0x1f, 0x8b, 8, 0]],
    ["zip", [0x50, 0x4b, 3, 4]],
    ["zstd", [0x28, 0xb5, 0x2f, 0xfd]]
  ])("says that a file is compressed: %s", (name, bytes) => {
    expect(refusal(() => fileText(Uint8Array.from(bytes)))).toMatchObject({
      message: `it is compressed (${name})`,
      hint: "unpack the file"
    })
  })

  it.each(["", "a", "{}", "P", "PK", "～"])("reads a short file: %j", (text) =>
    expect(fileText(bytesOf(text))).toBe(text)
  )
})

it.each([
  ["plain", true],
  ["😀", true],
  ["\ud800", false],
  ["a\udc00b", false],
  ["\udc00\ud800", false]
])("isUnicode: %j %s", (text, expected) => expect(isUnicode(text)).toBe(expected))

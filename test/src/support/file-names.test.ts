import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  caselessFileNameOf,
  fileNameOf,
  tooLongName,
  wrongPath,
  wrongSegment,
  wrongTensorName
} from "../../../src/support/file-names.ts"

describe("a segment of a path", () => {
  it.each(["a", "a.b", "..a", "a..", "-", "_", "ä", "two words", "a:b", "x".repeat(100)])(
    "may be %j",
    (name) => expect(wrongSegment(name, 100)).toBeNull()
  )
  it.each([
    ["", "is empty"],
    [".", "stands for a folder"],
    ["..", "stands for a folder"],
    ["a/b", 'contains a "/"'],
    ["/", 'contains a "/"'],
    ["a\\b", "contains a backslash"],
    ["a\0", "contains a NUL character"],
    ["a\nb", "contains the control character U+000A"],
    ["a\u007f", "contains the control character U+007F"],
    ["a\u0085", "contains the control character U+0085"],
    ["a\ud800", "contains half of a surrogate pair"],
    ["x".repeat(101), "is too long: 101 bytes, at most 100"],
    ["ä".repeat(51), "is too long: 102 bytes, at most 100"]
  ])("may not be %j", (name, why) => expect(wrongSegment(name, 100)).toContain(why))
})

describe("a relative path", () => {
  it.each(["a", "a/b.png", "..a/b", "a/..b", "a b/c", "日本/a.png"])("may be %j", (path) =>
    expect(wrongPath(path)).toBeNull()
  )
  it.each([
    ["../a", 'leads out of its folder by ".."'],
    ["a/../b", "leads out"],
    ["a/..", "leads out"],
    ["..", "leads out"],
    ["/etc/passwd", "is an absolute path"],
    ["C:/a", "is an absolute path"],
    ["c:a", "is an absolute path"],
    ["a//b", "has an empty segment"],
    ["a/./b", "has an empty segment"],
    ["./a", "has an empty segment"],
    ["a/", "has an empty segment"],
    ["", "has an empty segment"],
    ["a\\..\\b", "contains a backslash"],
    ["a\0.png", "contains a NUL character"],
    ["a\u001b[31m.png", "contains the control character U+001B"]
  ])("may not be %j", (path, why) => expect(wrongPath(path)).toContain(why))
})

describe("a tensor's name", () => {
  it.each([
    ["block.3.resid_post", "block.3.resid_post"],
    ["final.norm", "final.norm"],
    ["/encoder/layer.0/add_output_0", "%2Fencoder%2Flayer.0%2Fadd_output_0"],
    ["tensor:x", "tensor%3Ax"],
    ["../../../../../OUTSIDE/x", "%2E.%2F..%2F..%2F..%2F..%2FOUTSIDE%2Fx"],
    ["..", "%2E."],
    [".", "%2E"],
    ["a*b", "a%2Ab"],
    ["%2F", "%252F"],
    ["é", "%C3%A9"],
    ["e\u0301", "e%CC%81"]
  ])("%j has files called %j", (name, file) => {
    expect(wrongTensorName(name)).toBeNull()
    expect(fileNameOf(name)).toBe(file)
  })
  it.each([
    ["", "is empty"],
    ["a\0b", "control character U+0000"],
    ["a\nb", "control character U+000A"],
    ["\udc00", "half of a surrogate pair"],
    ["x".repeat(201), "is too long: 201 bytes, at most 200"],
    ["/".repeat(70), "is too long: 210 bytes, at most 200"]
  ])("may not be %j", (name, why) => expect(wrongTensorName(name)).toContain(why))

  const name = fc.oneof(
    fc.string({ unit: "grapheme", minLength: 1 }),
    fc.string({ unit: fc.constantFrom("a", "A", ".", "/", "%", "2", "F", "\\", " "), minLength: 1 })
  )
  it("has a file of its own: a segment that no other name has, and that reads back", () =>
    fc.assert(
      fc.property(name, name, (a, b) => {
        const file = fileNameOf(a)
        expect(wrongSegment(file, Infinity)).toBeNull()
        expect(decodeURIComponent(file)).toBe(a)
        expect(decodeURIComponent(caselessFileNameOf(a))).toBe(a)
        if (a !== b) {
          expect(file).not.toBe(fileNameOf(b))
          expect(caselessFileNameOf(a).toLowerCase()).not.toBe(caselessFileNameOf(b).toLowerCase())
        }
      })
    ))
})

it("counts bytes, not characters", () => {
  expect(tooLongName("ä".repeat(50))).toBeNull()
  expect(tooLongName("ä".repeat(51))).toBe("is too long: 102 bytes, at most 100")
})

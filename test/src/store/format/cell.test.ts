import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { type AnyColumn, column } from "../../../../src/pipeline/columns.ts"
import { cellCheck, shownValue, cellBytes } from "../../../../src/store/format/cell.ts"

const sha256 = "0".repeat(64)
const file = { path: "images/1.jpg", size: 7, sha256 }
const itself: Array<unknown> = []
itself.push(itself)

describe("a cell", () => {
  test.each<[AnyColumn, unknown]>([
    [column.utf8(), ""],
    [column.utf8(), "🙂"],
    [column.int32(), -(2 ** 31)],
    [column.int32(), -0],
    [column.float64(), NaN],
    [column.bool(), false],
    [column.json(), { a: [1, null, "é"], left: undefined }],
    [column.json(), null],
    [column.file(), file],
    [column.file(), { name: "mask.png", content: new Uint8Array(1) }],
    [column.list(column.int32()), []],
    [column.list(column.int32()), Int32Array.of(1)],
    [column.list(column.int32()), Uint8Array.of(1)],
    [column.list(column.float64()), Float32Array.of(0.5)],
    [column.nullable(column.list(column.utf8())), null],
    [column.nullable(column.utf8()), "a"],
    [column.tensors("dim"), { "block.0": Float32Array.of(1), half: Uint16Array.of(1) }]
  ])("of $type may be %j", (kind, value) => {
    expect(cellCheck(kind)(value)).toBeNull()
  })

  test.each<[AnyColumn, unknown, string]>([
    [column.utf8(), undefined, "a value is missing"],
    [column.utf8(), null, "null in a column that is not nullable"],
    [column.utf8(), 1, "expected text, got 1"],
    [column.utf8(), "a\udc00", "half of a surrogate pair, so that it is no Unicode text"],
    [column.tensors("dim"), { "\ud800": Float32Array.of(1) }, "half of a surrogate pair"],
    [column.int32(), 0.5, "expected a 32-bit whole number, got 0.5"],
    [column.int32(), 2 ** 31, "expected a 32-bit whole number, got 2147483648"],
    [column.int32(), NaN, "expected a 32-bit whole number, got NaN"],
    [column.float64(), "1", 'expected a number, got "1"'],
    [column.float64(), 1n, "expected a number, got 1"],
    [column.bool(), 0, "expected true or false, got 0"],
    [column.json(), NaN, "$ is NaN, which JSON cannot hold"],
    [column.json(), { a: [undefined] }, "$.a[0] is undefined"],
    [column.json(), { at: new Date(0) }, "$.at is a Date"],
    [column.json(), itself, "does it contain itself?"],
    [column.file(), "images/1.jpg", 'expected a file, got "images/1.jpg"'],
    [
      column.file(),
      { name: "a.png" },
      'expected a file, or { name, content } of a new one, got {"name":"a.png"}'
    ],
    [column.file(), { ...file, sha256: "XYZ" }, 'expected a file with its sha256, got "XYZ"'],
    [column.file(), { ...file, size: -1 }, "expected a file's size in bytes, got -1"],
    [column.file(), { sha256, size: 1 }, "expected a file as the stage got it: a copy of one has no content"],
    [column.list(column.int32()), 1, "expected a list, got 1"],
    [column.list(column.int32()), new DataView(new ArrayBuffer(4)), "expected a list, got a DataView"],
    [column.list(column.int32()), [1, null], "in the list, at 1: expected a 32-bit whole number, got null"],
    [
      column.list(column.int32()),
      Float64Array.of(1, 0.5),
      "in the list, at 1: expected a 32-bit whole number"
    ],
    [column.list(column.utf8()), ["a", "\ud83d"], "in the list, at 1: "],
    [column.nullable(column.bool()), undefined, "a value is missing"],
    [column.nullable(column.bool()), 1, "expected true or false, got 1"],
    [column.tensors("dim"), Float32Array.of(1), "expected tensors by name, got a Float32Array"],
    [column.tensors("dim"), {}, "expected at least one tensor, got none"],
    [
      column.tensors("dim"),
      { a: [1] },
      '"a": expected a Float32Array (or float16 bits in a Uint16Array), got [1]'
    ],
    [{ type: "date" } as AnyColumn, 1, 'unknown type of column "date"']
  ])("of $type may not be %o, and it says what is wrong: %s", (kind, value, message) => {
    expect(cellCheck(kind)(value)).toContain(message)
  })
})

test("a value is shown in at most 60 characters, whatever it is", () => {
  const values = fc.anything({
    withBigInt: true,
    withTypedArray: true,
    withDate: true,
    withNullPrototype: true
  })
  fc.assert(
    fc.property(values, (value) => {
      expect(shownValue(value).length).toBeLessThanOrEqual(60)
    }),
    { seed: 7 }
  )
  expect(shownValue("x".repeat(100))).toBe(`"${"x".repeat(56)}…`)
  expect(shownValue(itself)).toBe("an object that JSON cannot hold")
})

test("the bytes of a value are those of its texts, numbers and arrays, however deep", () => {
  expect(cellBytes({ a: "1234", b: 1, c: null })).toBe(8 + 4 + 8 + 8)
  expect(cellBytes({ t: { m: new Float32Array(100) } })).toBe(16 + 400)
  expect(cellBytes([["ab"], new Uint8Array(3)])).toBe(8 + 10 + 3)
})

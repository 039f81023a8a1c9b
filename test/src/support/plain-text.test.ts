import * as fc from "fast-check"
import stringWidth from "string-width"
import { describe, expect, it } from "vitest"
import { clipped, padded, widthOf, wrapped } from "../../../src/support/plain-text.ts"
import { textTable } from "../../../src/support/text-table.ts"

it("counts the columns that string-width counts, of every character and of text", () => {
  const differ: Array<string> = []
  for (let code = 0x20; code < 0x20000; code++) {
    const character = String.fromCodePoint(code)
    if (widthOf(character) !== stringWidth(character)) differ.push(code.toString(16))
  }
  expect(differ).toEqual([])
  const units = [
    "a",
    "é",
    "e\u0301",
    "日",
    "…",
    "→",
    "─",
    "\u200d",
    "\ufe0f",
    "👩",
    "1",
    "\u20e3",
    "한",
    "ᄀ",
    "ᅡ"
  ]
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...units) }), (text) => widthOf(text) === stringWidth(text))
  )
})

it("clips and pads by columns", () => {
  expect([clipped("日本語の名", 7), clipped("日本語", 6), clipped("日本語", 5)]).toEqual([
    "日本語…",
    "日本語",
    "日本…"
  ])
  expect([clipped("abcdef", 4), clipped("日", 1)]).toEqual(["abc…", "…"])
  expect([padded("日本", 6), padded("ab", 3), padded("abc", 2)]).toEqual(["日本  ", "ab ", "abc"])
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 9 }), (text, width) => {
      expect(widthOf(clipped(text, width))).toBeLessThanOrEqual(width)
    })
  )
})

it("sets tables whose cells are wide", () => {
  expect(
    textTable(
      ["name", "n"],
      [
        ["日本", 1],
        ["abc", 22]
      ]
    ).split("\n")
  ).toEqual(["name   n", "日本   1", "abc   22"])
})

describe("wrapped", () => {
  it("breaks a line at spaces, keeps its indentation, and indents the lines that follow", () => {
    expect(wrapped("  one two three four", 11, "    ")).toBe("  one two\n    three\n    four")
    expect(wrapped("short", 11)).toBe("short")
    expect(wrapped("one two", Infinity)).toBe("one two")
  })
  it("leaves a word that is too long whole", () => {
    expect(wrapped("a verylongword b", 6)).toBe("a\nverylongword\nb")
  })
})

import { expect, it } from "vitest"
import { type Paint, paintFor } from "../../../src/support/colour.ts"
import { clipped, oneLine, printable } from "../../../src/support/plain-text.ts"
import { textTable } from "../../../src/support/text-table.ts"

it("sets numbers, sizes and times to the right, and everything else to the left", () => {
  const text = textTable(
    ["node", "items", "time", "note"],
    [
      ["a", "1,204", "2 min 05 s", "x"],
      ["long/name", 4, "0.10 s", "4 of 5"],
      ["b", "–", "–", null]
    ]
  )
  expect(text.split("\n")).toEqual([
    "node       items        time  note",
    "a          1,204  2 min 05 s  x",
    "long/name      4      0.10 s  4 of 5",
    "b              –           –"
  ])
})

it("aligns cells whatever their colours", () => {
  const marked: Paint = (style, text) => `<${style}>${text}</>`
  const text = textTable(["a", "b"], [[{ text: "x", style: "red" }, "y"]], { paint: marked, indent: "  " })
  expect(text.split("\n")).toEqual(["  <dim>a</>  <dim>b</>", "  <red>x</>  y"])
})

it("keeps a row on its line, and control characters out of the terminal", () => {
  expect(textTable(["a"], [["two\nlines\u001b[2J\u202e"]]).split("\n")[1]).toBe(
    "two ⏎ lines\\u001b[2J\\u202e"
  )
  expect(oneLine(" a\tb\r\n c ")).toBe("a b ⏎ c")
  expect(printable("a\n\tb\u0007")).toBe("a\n\tb\\u0007")
  expect([clipped("abcdef", 4), clipped("abc", 3)]).toEqual(["abc…", "abc"])
})

it("paints on terminals alone, and not under NO_COLOR or on a dumb one", () => {
  expect(paintFor({ isTTY: true }, {})("red", "x")).toBe("\u001b[31mx\u001b[39m")
  expect(paintFor({}, {})("red", "x")).toBe("x")
  expect(paintFor({ isTTY: true }, { NO_COLOR: "1" })("red", "x")).toBe("x")
  expect(paintFor({ isTTY: true }, { NO_COLOR: "" })("red", "x")).not.toBe("x")
  expect(paintFor({ isTTY: true }, { TERM: "dumb" })("red", "x")).toBe("x")
})

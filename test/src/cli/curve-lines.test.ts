/** A curve fits a terminal of 80 columns, in any character set. */
import { expect, it } from "vitest"
import { curveLines, glyphsFor } from "../../../src/cli/curve-lines.ts"
import type { Curve } from "../../../src/pipeline/figures.ts"
import { noPaint } from "../../../src/support/colour.ts"

const line = (name: string, values: ReadonlyArray<number | null>) => ({
  name,
  values,
  from: "embed",
  to: "block.11"
})
const curve = (lines: Curve["lines"], some: Partial<Curve> = {}): Curve => ({
  title: "M1 by depth",
  low: 0.25,
  high: 0.65,
  lines,
  ...some
})
const blocks = glyphsFor({ LANG: "en_US.UTF-8" })
const linesOf = (given: Curve, glyphs = blocks) => curveLines(given, glyphs, noPaint).split("\n")

it("draws a row of characters for each line, with the values at both ends", () => {
  expect(linesOf(curve([line("vit", [0.25, 0.45, 0.65]), line("clip", [null, 0.31, 0.6])]))).toEqual([
    "M1 by depth (▁ .250, █ .650)",
    "  vit   embed .250 ▁▁▁▁▁▁▁▁▅▅▅▅▅▅▅▅████████ .650 block.11",
    "  clip  embed .310 ········▂▂▂▂▂▂▂▂▇▇▇▇▇▇▇▇ .600 block.11"
  ])
})

it("draws digits where the terminal has no blocks", () => {
  for (const env of [{ LC_ALL: "C" }, { LANG: "de_DE.ISO-8859-1" }, { TERM: "dumb", LANG: "en_US.UTF-8" }])
    expect(linesOf(curve([line("vit", [0.25, 0.65])]), glyphsFor(env))[1]).toBe(
      "  vit  embed .250 000000000000999999999999 .650 block.11"
    )
  expect(glyphsFor({})).toBe(blocks)
})

it("takes at most eight lines of 80 columns, whatever there is", () => {
  const long = "an-encoder-with-a-long-name".repeat(3)
  const many = Array.from({ length: 12 }, (_, i) =>
    line(
      `${long}-${i}`,
      Array.from({ length: 99 }, (_, j) => j / 99)
    )
  )
  const drawn = linesOf(curve(many, { title: long }))
  expect(drawn).toHaveLength(8)
  for (const one of drawn) expect(one.length).toBeLessThanOrEqual(80)
  expect(drawn.at(-1)).toBe("  … and 6 more in the figure")
})

it("draws a flat line, one value, and nothing where nothing is defined", () => {
  expect(linesOf(curve([line("vit", [0.5, 0.5])], { low: 0.5, high: 0.5 }))[1]).toContain("▁".repeat(24))
  expect(linesOf(curve([line("vit", [0.5])]))[1]).toContain(".500 ▆")
  expect(curveLines(curve([line("vit", [null])]), blocks, noPaint)).toBe("")
})

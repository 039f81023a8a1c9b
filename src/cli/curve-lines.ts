/** A figure's small version: a row of characters for each line, in at most eight lines of 80 columns. */
import type { Curve } from "../pipeline/figures.ts"
import type { Paint } from "../support/colour.ts"
import { clipped, oneLine, padded, widthOf } from "../support/plain-text.ts"

/** Of the lowest and the highest value, and what lies between; and of a value that is undefined. */
interface Glyphs {
  readonly levels: string
  readonly missing: string
}
const blocks: Glyphs = { levels: "▁▂▃▄▅▆▇█", missing: "·" }
const digits: Glyphs = { levels: "0123456789", missing: "-" }

/** Blocks; digits if the locale is not UTF-8. */
export function glyphsFor(env: NodeJS.ProcessEnv): Glyphs {
  const set = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "utf-8"
  return /utf-?8/i.test(set) && env["TERM"] !== "dumb" ? blocks : digits
}

const mostLines = 7
const columns = 80
/** Columns of a curve, of a line's name, of what an end is called. */
const curveWidth = 24
const nameWidth = 16
const endWidth = 11

/** Empty for a curve without a value. */
export function curveLines(curve: Curve, { levels, missing }: Glyphs, paint: Paint): string {
  const { low, high } = curve
  const lines = curve.lines.filter(({ values }) => values.some((value) => value !== null))
  if (lines.length === 0) return ""
  const shown = lines.length <= mostLines ? lines : lines.slice(0, mostLines - 1)
  const more = lines.length - shown.length
  const widest = (texts: ReadonlyArray<string>, most: number) =>
    Math.min(most, Math.max(...texts.map(widthOf)))
  const name = widest(
    shown.map((line) => oneLine(line.name)),
    nameWidth
  )
  const from = widest(
    shown.map((line) => oneLine(line.from)),
    endWidth
  )
  const character = (value: number | null) => {
    if (value === null) return missing
    const share = high > low ? (value - low) / (high - low) : 0
    return levels[Math.max(0, Math.min(levels.length - 1, Math.floor(share * levels.length)))]!
  }
  const drawn = shown.map((line) => {
    const values = sampled(line.values)
    const each = Math.max(1, Math.floor(curveWidth / values.length))
    const ends = line.values.filter((value) => value !== null)
    const text = values.map((value) => character(value).repeat(each)).join("")
    const left = `  ${padded(clipped(oneLine(line.name), name), name)}  ${padded(clipped(oneLine(line.from), from), from)} ${threeDigits(ends[0]!)} `
    const right = ` ${threeDigits(ends.at(-1)!)} ${clipped(oneLine(line.to), endWidth)}`
    return `${left}${paint("cyan", text)}${right}`
  })
  const scale = ` (${levels[0]} ${threeDigits(low)}, ${levels.at(-1)} ${threeDigits(high)})`
  return [
    paint("bold", clipped(oneLine(curve.title), columns - scale.length)) + paint("dim", scale),
    ...drawn,
    ...(more === 0 ? [] : [paint("dim", `  … and ${more} more in the figure`)])
  ].join("\n")
}

/** As many values as there are columns, the first and the last among them. */
const sampled = (values: ReadonlyArray<number | null>): ReadonlyArray<number | null> =>
  values.length <= curveWidth
    ? values
    : Array.from(
        { length: curveWidth },
        (_, i) => values[Math.round((i * (values.length - 1)) / (curveWidth - 1))]!
      )

/** `.612`, `−.031`, `12.3` */
function threeDigits(value: number): string {
  const size = Math.abs(value)
  const digits =
    size >= 100 ? size.toFixed(0) : size >= 1 ? size.toPrecision(3) : size.toFixed(3).replace(/^0/, "")
  return `${value < 0 ? "−" : ""}${digits}`
}

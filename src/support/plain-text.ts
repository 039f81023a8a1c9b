/** Makes text from data safe for a terminal: an image's name must not move the cursor. */
import { createRequire } from "node:module"

/** characters that move the cursor, end a line or change the writing direction */
const control = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu
const escaped = (char: string) =>
  char === "\n" || char === "\t" ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`

/** Escapes control characters; keeps newlines and tabs. */
export const printable = (text: string): string => text.replace(/\r\n/g, "\n").replace(control, escaped)

/** The same on one line. */
export const oneLine = (text: string): string =>
  plain.test(text)
    ? text
    : printable(text)
        .trim()
        .replace(/\s*\n\s*/g, " ⏎ ")
        .replace(/\t/g, " ")
/** Matches nearly all text, and halves the time for a table of 10,000 nodes. */
const plain = /^(?:[!-~](?:[ -~]*[!-~])?)?$/

/** Cuts a text to this many columns. */
export function clipped(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let kept = ""
  let used = 1 // of the ellipsis
  for (const character of text) {
    used += widthOf(character)
    if (used > width) break
    kept += character
  }
  return `${kept}…`
}

/** Pads a text with spaces to this many columns. */
export const padded = (text: string, width: number): string =>
  text + " ".repeat(Math.max(0, width - widthOf(text)))

/** The columns that a text takes up on a terminal. */
export const widthOf = (text: string): number => (narrow.test(text) ? text.length : stringWidth()(text))

/**
 * Characters of width one. They include everything that Probeline itself prints, so few commands need more.
 */
const narrow =
  /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u0391-\u03a9\u03b1-\u03c9\u2010-\u2027\u2030-\u205e\u2070\u2074-\u208e\u2190-\u22ff\u2500-\u259f]*$/

let library: ((text: string) => number) | undefined
/** Loaded on demand, because it takes 40 ms; by `require`, because callers are synchronous. */
const stringWidth = () =>
  (library ??= (createRequire(import.meta.url)("string-width") as { default: (text: string) => number })
    .default)

/** Breaks a line at spaces so that no line has more columns than `width`; later lines are indented. */
export function wrapped(text: string, width: number, indent = ""): string {
  if (widthOf(text) <= width) return text
  const lead = /^ */.exec(text)![0]
  const lines: Array<string> = []
  let line = lead
  for (const word of text.trim().split(" ")) {
    const isFirst = line.trim() === ""
    const longer = isFirst ? `${line}${word}` : `${line} ${word}`
    if (!isFirst && widthOf(longer) > width) {
      lines.push(line)
      line = `${indent}${word}`
    } else line = longer
  }
  return [...lines, line].join("\n")
}

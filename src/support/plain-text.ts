/** Text from data, made fit for a terminal: an image's name must not move the cursor. */

/** what moves the cursor, ends a line or turns the direction of writing */
const control = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu
const escaped = (char: string) =>
  char === "\n" || char === "\t" ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`

/** Control characters are spelled out; lines and tabs stay. */
export const printable = (text: string): string => text.replace(/\r\n/g, "\n").replace(control, escaped)

/** The same on one line. */
export const oneLine = (text: string): string =>
  plain.test(text)
    ? text
    : printable(text)
        .trim()
        .replace(/\s*\n\s*/g, " ⏎ ")
        .replace(/\t/g, " ")
/** Nearly all text, and so a table of 10,000 nodes takes half the time. */
const plain = /^(?:[!-~](?:[ -~]*[!-~])?)?$/

/** At most so many characters. */
export function clipped(text: string, width: number): string {
  if (text.length <= width) return text
  const characters = [...text]
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join("")}…`
}

/** Columns that it takes up, near enough: wide characters are counted as one. */
export const widthOf = (text: string): number =>
  /^[\x20-\x7e]*$/.test(text) ? text.length : [...text].length

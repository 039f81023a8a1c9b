/** Text from data in HTML and SVG. */

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}
/** Characters that XML 1.0 cannot hold, not even escaped: control characters, lone surrogates, non-characters. */
const impossible = /(?![\t\n\r])\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu

/** For element content and quoted attributes. */
export const escapeXml = (text: string): string =>
  text.replace(impossible, "\ufffd").replace(/[&<>"']/g, (character) => entities[character]!)

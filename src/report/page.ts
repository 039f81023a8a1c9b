/**
 * A self-contained page: no request leaves it, and nothing in it runs but its own script.
 *
 * The policy names the digests of the one style and the one script (https://www.w3.org/TR/CSP3), so text that got past
 * the escaping still could neither run nor load anything.
 */
import { createHash } from "node:crypto"
import { type Html, htmlOf, markup, trusted } from "./html.ts"
import { script } from "./script.ts"
import { style } from "./style.ts"

const hashOf = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`
const policy = [
  "default-src 'none'",
  `style-src ${hashOf(style)}`,
  `script-src ${hashOf(script)}`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'"
].join("; ")

export interface Page {
  readonly title: string
  /** below the title */
  readonly head: Html
  readonly sections: ReadonlyArray<Section>
  readonly foot: Html
}
/** With an anchor, a heading and an entry in the page's table of contents. */
export interface Section {
  readonly id: string
  readonly title: string
  readonly body: Html
}

export function pageHtml({ title, head, sections, foot }: Page): string {
  const entries = sections.map(({ id, title: name }) => markup`<li><a href="#${id}">${name}</a></li>`)
  return htmlOf(markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header><h1>${title}</h1>${head}</header>
${sections.length < 2 ? null : markup`<nav aria-label="Contents"><ul>${entries}</ul></nav>`}
<main id="content">
${sections.map(sectionHtml)}
</main>
<footer>${foot}</footer>
<script>${trusted(script)}</script>
</body>
</html>
`)
}

const sectionHtml = ({ id, title, body }: Section): Html => markup`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${body}
</section>
`

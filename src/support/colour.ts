/** Colours for terminals that support and want them. */
import { styleText } from "node:util"

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan"
/** Wraps text in a style's escape codes, or returns it unchanged if colours are off. */
export type Paint = (style: Style, text: string) => string

export const noPaint: Paint = (_style, text) => text
// the stream decides about colours here: Node would check only stdout
const ansiPaint: Paint = (style, text) =>
  text === "" ? text : styleText(style, text, { validateStream: false })

/** Source of NO_COLOR: https://no-color.org (set, and not empty). */
export const paintFor = (stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint =>
  stream.isTTY === true && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb" ? ansiPaint : noPaint

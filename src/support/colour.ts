/** Colours, on a terminal that wants them. */
import { styleText } from "node:util"

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan"
/** Wraps text in a style's escape codes, or leaves it as it is where there are no colours. */
export type Paint = (style: Style, text: string) => string

export const noPaint: Paint = (_style, text) => text
// whether to colour is decided here, by stream: Node would look at stdout alone
const ansiPaint: Paint = (style, text) =>
  text === "" ? text : styleText(style, text, { validateStream: false })

/** Source of NO_COLOR: https://no-color.org (set, and not empty). */
export const paintFor = (stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint =>
  stream.isTTY === true && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb" ? ansiPaint : noPaint

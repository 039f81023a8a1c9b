/**
 * Draws figures as SVG with Vega, without a browser. Loading Vega takes 100 ms or more, drawing up to a second: import this file
 * only to draw.
 *
 * A figure's marks tell their values when pointed at (`<title>`): what a specification gives as `description`.
 */
import * as vega from "vega"
import { compile, type TopLevelSpec } from "vega-lite"
import type { Figure } from "../pipeline/figures.ts"
import { Problem } from "../support/problem.ts"
import { escapeXml } from "./escape.ts"

/** Neutral colours: a page replaces them by its own, dark or light. */
const ink = "#2b2b2b"
const muted = "#6b6b6b"
const grid = "#e8e8e8"
const font = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"

const config = {
  background: null,
  font,
  padding: 6,
  view: { stroke: grid },
  axis: {
    labelColor: ink,
    titleColor: ink,
    titleFontWeight: "normal",
    titleFontSize: 11,
    labelFontSize: 10,
    gridColor: grid,
    domainColor: muted,
    tickColor: muted,
    tickSize: 4
  },
  header: { labelColor: ink, titleColor: ink, labelFontSize: 11, titleFontSize: 11 },
  legend: {
    labelColor: ink,
    titleColor: ink,
    labelFontSize: 11,
    titleFontSize: 11,
    titleFontWeight: "normal"
  },
  title: {
    color: ink,
    subtitleColor: muted,
    fontSize: 12,
    subtitleFontSize: 10.5,
    fontWeight: "bold",
    anchor: "start",
    subtitlePadding: 3
  },
  text: { color: ink }
} as const

export interface Drawing {
  readonly svg: string
  /** in pixels */
  readonly width: number
  readonly height: number
}
export interface DrawOptions {
  /** whether the picture stands alone: it then has a title, the note below it and a white ground */
  readonly alone: boolean
  /** begins all ids in the SVG, which must differ from those of other pictures of a page */
  readonly prefix: string
}

/** @throws Problem OutputInvalid where Vega refuses the specification, or it has nothing to draw */
export async function drawFigure(figure: Figure, { alone, prefix }: DrawOptions): Promise<Drawing> {
  if (figure.rows.length === 0) throw nothingToDraw(figure)
  const title = { text: figure.title, subtitle: wrapped(figure.note ?? ""), fontSize: 14, offset: 12 }
  const spec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    ...figure.spec,
    ...(alone ? { title } : {}),
    data: { values: figure.rows },
    config: { ...config, ...(figure.spec["config"] as object | undefined) }
  }
  let svg: string
  try {
    vega.resetSVGDefIds()
    const silent = vega.logger(vega.Error)
    const compiled = compile(spec as unknown as TopLevelSpec, { logger: silent as never }).spec
    const view = new vega.View(vega.parse(compiled), { renderer: "none", logger: silent, loader: noLoader })
    svg = await view.toSVG()
    view.finalize()
  } catch (cause) {
    throw new Problem("OutputInvalid", `cannot draw figure "${figure.id}": ${(cause as Error).message}`, {
      field: figure.id,
      hint: "its stage's `figures` must return a valid Vega-Lite specification",
      cause
    })
  }
  return finished(svg, figure, { alone, prefix })
}

export const nothingToDraw = ({ id, note }: Figure): Problem =>
  new Problem("Usage", `figure "${id}" has nothing to draw${note === undefined ? "" : `: ${note}`}`, {
    field: id
  })

/** A figure draws its own rows: it reads no file and asks no server, and links to nothing. */
const refuse = () => Promise.reject(new Error("a figure cannot load or link to anything"))
const noLoader = {
  load: refuse,
  // Vega handles no rejection here
  sanitize: () => Promise.resolve({ href: "" }),
  http: refuse,
  file: refuse
} as unknown as vega.Loader

function finished(svg: string, { title, alt }: Figure, { alone, prefix }: DrawOptions): Drawing {
  const [, width = "0", height = "0"] = /^<svg[^>]*? width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? []
  const named = `<title id="${prefix}-title">${escapeXml(title)}</title><desc id="${prefix}-desc">${escapeXml(alt)}</desc>`
  const ground = alone ? '<rect width="100%" height="100%" fill="#ffffff"/>' : ""
  const body = svg
    .replace(/^<svg[^>]*>/, "")
    .replace(
      /(<path\b[^>]*?) aria-label="([^"]*)" role="graphics-symbol" aria-roledescription="[^"]*"([^>]*?)(?:\/>|><\/path>)/g,
      pointed
    )
    .replace(/ (?:aria-[a-z]+|role)="[^"]*"/g, "")
    .replace(/<path [^>]*\bd=""[^>]*\/>/g, "")
    .replace(/ (?:style|class|target|(?:xlink:)?href)="[^"]*"/g, "")
    .replaceAll(` font-family="${escapeXml(font).replaceAll("&#39;", "'")}"`, "")
    .replace(/ (?:d|transform|x[12]?|y[12]?|width|height)="[^"]*"/g, rounded)
    .replace(/ id="([^"]+)"/g, ` id="${prefix}-$1"`)
    .replace(/url\(#([^)]+)\)/g, `url(#${prefix}-$1)`)
  const head = `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="${prefix}-title ${prefix}-desc" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${font}">`
  return { svg: `${head}${named}${ground}${body}\n`, width: Number(width), height: Number(height) }
}

/** Hundredths of a pixel are enough, and halve the size. */
const rounded = (attribute: string) =>
  attribute.replace(/-?\d+\.\d{3,}(?:e-?\d+)?/g, (number) => String(Math.round(Number(number) * 100) / 100))

const pointed = (_: string, before: string, label: string, after: string) =>
  `${before}${after}><title>${label}</title></path>`

/** Vega does not break lines. */
function wrapped(text: string, width = 110): ReadonlyArray<string> {
  const lines: Array<string> = []
  for (const word of text.split(" ")) {
    const line = lines.at(-1)
    if (line === undefined || line.length + word.length >= width) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines
}

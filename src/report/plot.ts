/** Writes figures to files: SVG, PNG, HTML, or their data as CSV. */
import * as path from "node:path"
import { writeOut } from "../inspect/write-out.ts"
import { isProblem, Problem } from "../support/problem.ts"
import { drawFigure, nothingToDraw } from "./draw-figure.ts"
import { figureCsv } from "./figure-csv.ts"
import { figureSection } from "./figure-section.ts"
import { markup } from "./html.ts"
import { pageHtml } from "./page.ts"
import type { NamedFigure } from "./run-figures.ts"

export const plotFormats = ["svg", "png", "html", "csv"] as const
export type PlotFormat = (typeof plotFormats)[number]

export interface WrittenFigure {
  /** names of the figures in it */
  readonly figures: ReadonlyArray<string>
  readonly path: string
  readonly bytes: number
}
interface PlotOptions {
  readonly to: string
  readonly format: PlotFormat
  readonly overwrite: boolean
  /** what the figures are of, for a page */
  readonly of: string
}

/** Pixels of a PNG for one of the figure. */
const scale = 2

/**
 * One figure goes to `to` itself, each of several to `NAME-<figure>.EXT` beside it; a page holds all. Everything is drawn
 * before anything is written.
 *
 * @throws Problem Usage where a file exists already or there is nothing to draw; OutputInvalid where Vega refuses
 */
export async function writeFigures(
  figures: ReadonlyArray<NamedFigure>,
  { to, format, overwrite, of }: PlotOptions
): Promise<ReadonlyArray<WrittenFigure>> {
  const files: Array<{
    readonly to: string
    readonly names: ReadonlyArray<string>
    readonly content: Uint8Array
  }> = []
  if (format === "html") {
    const names = figures.map(({ name }) => name)
    files.push({ to, names, content: Buffer.from(await pageOf(figures, of)) })
  } else
    for (const one of figures)
      files.push({
        to: figures.length === 1 ? to : besideOf(to, one.name),
        names: [one.name],
        content: await contentOf(one, format)
      })
  const written: Array<WrittenFigure> = []
  for (const { to: file, names, content } of files)
    written.push({ figures: names, path: file, bytes: await writtenOut(file, overwrite, content) })
  return written
}

const besideOf = (to: string, name: string): string => {
  const { dir, name: stem, ext } = path.parse(to)
  return path.join(dir, `${stem}-${name}${ext}`)
}

async function contentOf(
  { name, figure }: NamedFigure,
  format: Exclude<PlotFormat, "html">
): Promise<Uint8Array> {
  if (format === "csv") {
    if (figure.rows.length === 0) throw nothingToDraw(figure)
    return Buffer.from(figureCsv(figure))
  }
  const { svg } = await drawFigure(figure, { alone: true, prefix: name })
  if (format === "svg") return Buffer.from(svg)
  const { default: sharp } = await import("sharp")
  // librsvg takes 72 units of density for a pixel each
  return sharp(Buffer.from(svg), { density: 72 * scale })
    .png()
    .toBuffer()
}

async function pageOf(figures: ReadonlyArray<NamedFigure>, of: string): Promise<string> {
  const shown = []
  for (const { name, figure } of figures)
    shown.push({
      name,
      figure,
      drawing: await drawFigure(figure, { alone: false, prefix: name }),
      why: null,
      origin: null
    })
  const [only] = figures
  return pageHtml({
    title: figures.length === 1 ? only!.figure.title : `Figures of ${of}`,
    head: markup`<p class="muted">${of}</p>`,
    sections: [
      {
        id: "figures",
        title: figures.length === 1 ? "Figure" : "Figures",
        body: markup`${shown.map(figureSection)}`
      }
    ],
    foot: markup`Made by Probeline.`
  })
}

/** @throws Problem Usage, StoreWriteFailed */
export async function writtenOut(to: string, overwrite: boolean, content: Uint8Array): Promise<number> {
  try {
    return await writeOut(to, overwrite, async (file) => file.write(content))
  } catch (error) {
    if (isProblem(error)) throw error
    throw new Problem("StoreWriteFailed", `cannot write ${to}: ${(error as Error).message}`, {
      file: path.resolve(to),
      hint: "choose another path with -o FILE",
      cause: error
    })
  }
}

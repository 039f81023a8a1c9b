/**
 * `encoders preview`: draws an image as an encoder sees it, with the token grid and the patches that each object
 * covers.
 */
import { usage } from "../../src/support/problem.ts"
import { existsSync, realpathSync } from "node:fs"
import * as path from "node:path"
import type { Answer, Terminal, StageCommandContext } from "../../src/index.ts"
import { readRegular } from "../../src/support/regular-file.ts"
import { encodeNpy } from "../tensor-files/npy.ts"
import { geometryOf, patchPreimage, type Geometry, type PatchGrid } from "../vision/geometry.ts"
import { decodeImage } from "../vision/image.ts"
import { preprocess } from "../vision/preprocess.ts"
import { preprocessingText } from "./inspect-text.ts"
import { type Annotated, objectsOfImage } from "./preview/annotated.ts"
import { type OverlayColour, overlayColours } from "./preview/palette.ts"
import { drawPicture, scaleOf } from "./preview/picture.ts"
import { type ViewWords, previewOf } from "./preview/view.ts"
import { withFile } from "./common/problems.ts"

export interface PreviewArgs extends ViewWords {
  readonly image: string
  readonly annotations: string | null
  readonly output: string | null
  readonly npy: string | null
  readonly overwrite: boolean
}

/** @throws {Problem} Usage: contradictory options, or an existing file; InputInvalid: a missing or invalid file */
export async function previewCommand(args: PreviewArgs, context: StageCommandContext): Promise<Answer> {
  const { image: file, npy, overwrite } = args
  const png = args.output ?? (npy === null ? `${path.parse(file).name}.preview.png` : null)
  checkTargets([png, npy], [file, args.encoder, args.annotations])
  const view = await previewOf(args)
  const { preprocessing, from, gridOf } = view
  const image = await withFile(file, async () => decodeImage(readRegular(file), preprocessing.alpha))
  const tensor = preprocess(image, preprocessing)
  const grid = gridOf(tensor)
  const geometry = geometryOf(preprocessing, image.height, image.width)
  const annotated: Annotated =
    args.annotations === null
      ? { objects: [], leftOut: [] }
      : await objectsOfImage(args.annotations, file, geometry, grid)

  if (png !== null) {
    const picture = drawPicture({ tensor, preprocessing, geometry, grid, objects: annotated.objects })
    const { default: sharp } = await import("sharp")
    const { height, width } = picture
    const bytes = await sharp(picture.data, { raw: { height, width, channels: 3 } })
      .png()
      .toBuffer()
    await context.writeFile(png, overwrite, (out) => out.write(bytes))
  }
  if (npy !== null) {
    const bytes = encodeNpy([3, tensor.height, tensor.width], tensor.data)
    await context.writeFile(npy, overwrite, (out) => out.write(bytes))
  }
  const json = {
    image: file,
    encoder: args.encoder,
    preset: args.preset,
    preprocessing,
    preprocessingFrom: from,
    geometry,
    /** the part of the image that the patches cover, in image pixels */
    seen: seenPart(geometry, grid),
    grid,
    objects: annotated.objects.map(({ annotation, category, crowd, patches, coverage, seen }, i) => ({
      number: i, // as in every table
      colour: colourOf(i).hex,
      annotation,
      category,
      crowd,
      patches,
      coverage,
      seen
    })),
    leftOut: annotated.leftOut,
    png,
    scale: png === null ? null : scaleOf(tensor),
    npy
  }
  return { json, text: (look) => text(json, look) }
}

const colourOf = (i: number): OverlayColour => overlayColours[i % overlayColours.length]!

/** From the first patch's top left corner to the last one's bottom right. */
function seenPart(geometry: Geometry, grid: PatchGrid) {
  const { left, top } = patchPreimage(geometry, grid, 0)
  const { right, bottom } = patchPreimage(geometry, grid, grid.rows * grid.columns - 1)
  return { left, top, right, bottom }
}

/** Input files are never overwritten, not even with `--overwrite`. */
function checkTargets(targets: ReadonlyArray<string | null>, sources: ReadonlyArray<string | null>): void {
  const place = (file: string) => (existsSync(file) ? realpathSync(file) : path.resolve(file))
  const read = new Set(sources.flatMap((file) => (file === null ? [] : [place(file)])))
  const written = targets.flatMap((file) => (file === null ? [] : [file]))
  const clash = written.find((file) => read.has(place(file)))
  if (clash !== undefined)
    throw usage(`${clash} is an input, and cannot be overwritten`, "--output", "name another file to write")
  if (written.length === 2 && place(written[0]!) === place(written[1]!))
    throw usage("-o and --npy name the same file", "--npy", "give two names")
}

interface Shown {
  readonly image: string
  readonly preprocessing: Parameters<typeof preprocessingText>[0]
  readonly preprocessingFrom: string
  readonly geometry: Geometry
  readonly seen: ReturnType<typeof seenPart>
  readonly grid: { readonly rows: number; readonly columns: number }
  readonly objects: ReadonlyArray<Omit<Annotated["objects"][number], "mask"> & { readonly number: number }>
  readonly leftOut: Annotated["leftOut"]
  readonly png: string | null
  readonly npy: string | null
}

function text(
  { image, preprocessing, preprocessingFrom: from, geometry, seen, grid, objects, leftOut, png, npy }: Shown,
  look: Terminal
): string {
  const { imageHeight, imageWidth, inputHeight, inputWidth } = geometry
  const span = (from: number, to: number) => `${Math.round(from)}–${Math.round(to)}`
  const whole = seen.left <= 0 && seen.top <= 0 && seen.right >= imageWidth && seen.bottom >= imageHeight
  const part = whole
    ? "all of it"
    : `columns ${span(seen.left, seen.right)}, rows ${span(seen.top, seen.bottom)}`
  const lines = [
    `${look.paint("bold", image)}  ${imageWidth}×${imageHeight} pixels → ${inputWidth}×${inputHeight}, ${grid.rows}×${grid.columns} patches`,
    `  ${preprocessingText(preprocessing)}, by ${from}; the encoder sees ${part}`
  ]
  if (objects.length > 0)
    lines.push(
      "",
      look.table(
        ["object", "category", "colour", "patches", "full", "seen", ""],
        objects.map(({ number, category, patches, coverage, seen: share, crowd }) => [
          number,
          category,
          colourOf(number).name,
          patches.length,
          coverage.filter((part) => part === 1).length,
          `${Math.round(share * 100)} %`,
          crowd ? "crowd" : ""
        ])
      )
    )
  for (const { annotation, reason } of leftOut)
    lines.push(`${look.paint("yellow", "note:")} annotation ${annotation} is left out: ${reason}`)
  lines.push("", ...[png, npy].flatMap((file) => (file === null ? [] : [`wrote ${file}`])))
  return lines.join("\n")
}

/** The objects that a COCO file annotates in an image, with the patches that they cover. */
import { usage } from "../../../src/support/problem.ts"
import { readRegular } from "../../../src/support/regular-file.ts"
import { fileText } from "../../../src/support/utf8.ts"
import { type CocoImage, parseInstances } from "../../coco/annotations.ts"
import { coverageOf } from "../../vision/coverage.ts"
import { type Geometry, patchPreimage, type PatchGrid } from "../../vision/geometry.ts"
import { maskOf } from "../../vision/mask.ts"
import { areaOf, type Mask } from "../../vision/rle.ts"
import { withFile } from "../common/problems.ts"

export interface AnnotatedObject {
  /** the annotation's id */
  readonly annotation: number
  readonly category: string
  /** one annotation for many instances */
  readonly crowd: boolean
  /** the patches it covers at all, row-major */
  readonly patches: ReadonlyArray<number>
  /** for each of these patches, 0 < coverage ≤ 1 */
  readonly coverage: ReadonlyArray<number>
  /** the share of its mask that lies in patches, 0 … 1 */
  readonly seen: number
  readonly mask: Mask
}
export interface Annotated {
  readonly objects: ReadonlyArray<AnnotatedObject>
  /** annotations with degenerate polygons */
  readonly leftOut: ReadonlyArray<{ readonly annotation: number; readonly reason: string }>
}

/**
 * @param file COCO instances JSON; the image is found by its file name
 * @throws {Problem} InputInvalid: the file is missing or malformed, does not name the image, or is of another size
 */
export function objectsOfImage(
  file: string,
  image: string,
  geometry: Geometry,
  grid: PatchGrid
): Promise<Annotated> {
  return withFile(file, () => {
    const { images, objects, leftOut } = parseInstances(fileText(readRegular(file)), {
      file,
      skipDegenerate: true
    })
    const { id, height, width, fileName } = imageNamed(images, image, file)
    if (height !== geometry.imageHeight || width !== geometry.imageWidth)
      throw usage(
        `${image} is ${geometry.imageWidth}×${geometry.imageHeight} pixels, but ${file} says ${width}×${height} of ${fileName}`,
        "--annotations",
        "its masks would not fit; it may be a resized copy"
      )
    const preimage = patchPreimage(geometry, grid, 0)
    const pixelsOfPatch = (preimage.right - preimage.left) * (preimage.bottom - preimage.top)
    return {
      leftOut: (leftOut.get(id) ?? []).map(({ id: annotation, reason }) => ({ annotation, reason })),
      objects: (objects.get(id) ?? []).map(({ id: annotation, category, crowd, segmentation }) => {
        const mask = maskOf(segmentation, height, width)
        const all = [...coverageOf(mask, geometry, grid).entries()].filter(([, share]) => share > 0)
        const inPatches = all.reduce((sum, [, share]) => sum + share, 0) * pixelsOfPatch
        return {
          annotation,
          category,
          crowd,
          patches: all.map(([patch]) => patch),
          coverage: all.map(([, share]) => share),
          seen: rounded(inPatches / Math.max(1, areaOf(mask))),
          mask
        }
      })
    }
  })
}

/** Sums of many quotients are slightly off: full coverage is 1, not nearly 1. */
const rounded = (share: number): number => Math.min(1, Math.round(share * 1e9) / 1e9)

/** The image with that file name; if several folders have one, the one with the longest matching path suffix. */
function imageNamed(images: ReadonlyArray<CocoImage>, image: string, file: string): CocoImage {
  const given = image.split(/[\\/]/)
  const agreement = ({ fileName }: CocoImage) => {
    const parts = fileName.split("/")
    let n = 0
    while (n < parts.length && n < given.length && parts.at(-1 - n) === given.at(-1 - n)) n++
    return n
  }
  let best: ReadonlyArray<CocoImage> = []
  let most = 1
  for (const one of images) {
    const n = agreement(one)
    if (n > most) [best, most] = [[one], n]
    else if (n === most) best = [...best, one]
  }
  const [found, other] = best
  if (found === undefined)
    throw usage(
      `${file} does not list an image ${given.at(-1)}`,
      "--annotations",
      images.length === 0 ? "it lists no images" : `it lists ${images.length}, such as ${images[0]!.fileName}`
    )
  if (other !== undefined)
    throw usage(
      `${file} names ${best.length} images ${given.at(-1)}`,
      "image",
      `give enough of its path to distinguish ${found.fileName} from ${other.fileName}`
    )
  return found
}

/** The image file of a scene, checked against its annotations. */
import type { FileHandle, World } from "../../src/index.ts"
import { isProblem } from "../../src/support/problem.ts"
import { isOneFileRefused, machineFault } from "../../src/support/system-error.ts"
import { type ImageSize, imageSize } from "../vision/image.ts"
import type { CocoImage } from "./annotations.ts"

/** The image's file and its problem, if any; no file if its masks would not fit. */
type FoundImage =
  | { readonly file: FileHandle; readonly wrong: Wrong | null }
  | { readonly file: null; readonly wrong: Wrong }
interface Wrong {
  /** the field in the annotations, such as `images[12].file_name` */
  readonly field: string
  readonly problem: string
  /** the same without the path, for counting */
  readonly reason: string
  /** `refused`: by the operating system, which tells nothing about other images */
  readonly is: "missing" | "refused" | "bad"
}

/** Checks that the image file exists and has the annotated size. */
export async function imageOf(
  { fileName, height, width }: CocoImage,
  index: number,
  folder: string,
  world: World
): Promise<FoundImage> {
  const path = `${folder}/${fileName}`
  const field = `images[${index}]`
  const unreadable = (error: unknown) => `${path} cannot be read: ${(error as Error).message}`
  const wrong = (is: Wrong["is"], field: string, problem: string, reason: string): Wrong => ({
    field,
    problem,
    reason,
    is
  })
  const named = `${field}.file_name`
  let file: FileHandle | null
  let bytes: Uint8Array
  try {
    file = await world.file(path)
    if (file === null) {
      const problem = `there is no image ${path}: check the folder of images`
      return { file: null, wrong: wrong("missing", named, problem, "the file is missing") }
    }
    bytes = await file.bytes()
  } catch (error) {
    if (!isOneFileRefused(error) && !isOneFileRefused((error as Error).cause)) throw error
    const reason = "the operating system refuses the file"
    return { file: null, wrong: wrong("refused", named, unreadable(error), reason) }
  }
  try {
    const real = await imageSize(bytes)
    if (real.height === height && real.width === width) return { file, wrong: null }
    const problem = `${path} is ${real.width}×${real.height} pixels, but the annotations say ${width}×${height}: ${whyNot(real, height, width)}`
    return { file: null, wrong: wrong("bad", field, problem, "of another size than annotated") }
  } catch (error) {
    if (isProblem(error) || machineFault(error) !== null) throw error
    const reason = "the file cannot be read as an image"
    return { file, wrong: wrong("bad", field, unreadable(error), reason) }
  }
}

/** EXIF orientations from 5 on swap height and width in viewers that apply them, possibly annotation tools too. */
const whyNot = (real: ImageSize, height: number, width: number): string =>
  real.orientation >= 5 && real.height === width && real.width === height
    ? `viewers rotate it by its EXIF orientation (${real.orientation}), but encoders get the pixels as stored: keep the annotations and rotate the files (magick mogrify -auto-orient)`
    : "its masks would not fit"

/** Scenes of a data set in COCO's layout: checked against their image files, one row each. */
import type { FileHandle, FileRef, SourceContext, World } from "../../src/index.ts"
import { isProblem } from "../../src/support/problem.ts"
import { isOneFileRefused, machineFault } from "../../src/support/system-error.ts"
import { fileText, NotUtf8 } from "../../src/support/utf8.ts"
import { joinIds, unmatched } from "../tables/joins.ts"
import { type ImageSize, imageSize } from "../vision/image.ts"
import type { LeftOutObject, SceneObject } from "../tables/scenes.ts"
import { type CocoImage, parseInstances } from "./annotations.ts"
import { parseCaptions } from "./captions.ts"
import { sceneLimit } from "./limit.ts"
import { Problems } from "./problems.ts"

export interface CocoSource {
  readonly annotations: FileRef
  readonly images: FileRef
  readonly captions: FileRef | null
  readonly limit: number | null
  readonly seed: number
  /** leave out objects with degenerate polygons and report them, instead of refusing the file */
  readonly skip_degenerate: boolean
  /**
   * leave out scenes with a missing or unreadable image, or one of another size, and report them, instead of refusing
   * the file
   */
  readonly skip_bad_images: boolean
}

/**
 * The scenes in the file's order, or a stable seeded subset. A scene with a missing or unreadable image fails alone,
 * or is left out on request.
 *
 * @throws {CocoError} up to 20 problems of the files at once, images of the wrong size included; a single problem if
 *   the image folder is missing or no image is usable
 */
export async function* cocoScenes(source: CocoSource, world: World, context: SourceContext) {
  const file = source.annotations.path
  const { images, objects, leftOut, notes } = parseInstances(await text(world, file, "annotations"), {
    file,
    skipDegenerate: source.skip_degenerate
  })
  for (const note of notes) context.lost({ what: "pairs of alike category names", reason: note })
  const captions = source.captions === null ? null : await captionsOf(source.captions.path, world)
  const chosen = new Set(
    sceneLimit(
      images.map(({ id }) => id),
      source.limit,
      source.seed
    )
  )
  if (captions !== null) checkCaptions(captions, images, chosen, source, context)
  if (chosen.size < images.length) {
    context.partial(`${chosen.size} of ${images.length} scenes`)
    context.lost({
      what: "images",
      reason: `not among the first ${chosen.size} (limit)`,
      count: images.length - chosen.size,
      examples: images.filter(({ id }) => !chosen.has(id)).map(({ id }) => id)
    })
  }

  const problems = new Problems(file)
  const skipped: Array<string> = []
  let [done, missing, failed] = [0, 0, 0]
  for (const [index, image] of images.entries()) {
    if (!chosen.has(image.id)) continue
    context.signal.throwIfAborted()
    context.progress(++done, chosen.size)
    const { file: handle, wrong } = await imageOf(image, index, source.images.path, world)
    if (wrong?.is === "missing") missing++
    if (wrong !== null && source.skip_bad_images) {
      context.log(`left out scene ${image.id}: ${wrong.problem}`)
      context.lost({ what: "images", reason: wrong.reason, examples: [image.id] })
      skipped.push(image.id)
      problems.add(wrong.field, wrong.problem)
      continue
    }
    if (handle === null) {
      const problem = `${wrong.problem}; or leave such scenes out (skip_bad_images)`
      problems.add(wrong.field, problem)
      if (wrong.is !== "bad") {
        failed++
        yield { id: image.id, failed: problem }
      }
      continue
    }
    // an unreadable image fails alone, where it is decoded: one in 15,000 must not stop the others
    if (wrong !== null) context.log(`${wrong.problem}; the scene will fail when a stage needs its image`)
    const others = leftOut.get(image.id) ?? []
    tellScene(image.id, objects.get(image.id) ?? [], others, context)
    for (const { id, reason } of others)
      context.log(`left out annotation ${id} of image ${image.id}: ${reason}`)
    yield {
      id: image.id,
      image: handle,
      image_group: handle.sha256,
      height: image.height,
      width: image.width,
      objects: objects.get(image.id) ?? [],
      left_out: others,
      captions: captions?.get(image.id) ?? [],
      primary: null,
      secondary: null
    }
  }
  // list the folder only once we know this is an error: a recorded listing makes the scenes stale on any change in the folder
  if (missing > 0 && missing === chosen.size && (await world.list(source.images.path)) === null)
    noSuch("folder", source.images.path, "images")
  // if no image is usable, the folder is wrong
  const isNoneGood = skipped.length + failed === chosen.size
  if (isNoneGood || problems.found > skipped.length + failed) problems.check()
  if (skipped.length > 0) {
    const ids = skipped.length > 5 ? [...skipped.slice(0, 5), "…"] : skipped
    context.partial(`${skipped.length} of ${chosen.size} scenes left out for bad images (${ids.join(", ")})`)
  }
}

/** Reports a scene's contents and what was left out. */
function tellScene(
  scene: string,
  objects: ReadonlyArray<SceneObject>,
  others: ReadonlyArray<LeftOutObject>,
  { lost }: SourceContext
): void {
  lost({ what: "images", reason: null })
  lost({ what: "objects", reason: null, count: objects.length })
  if (others.length > 0)
    lost({
      what: "objects",
      reason: "degenerate polygons (skip_degenerate)",
      count: others.length,
      examples: others.map(({ id }) => `${scene}, annotation ${id}`)
    })
  if (objects.length + others.length === 0)
    lost({ what: "scenes without objects", reason: "their image has no annotation", examples: [scene] })
}

/** Captions are joined by image id; the two files may write ids differently. */
function checkCaptions(
  captions: ReadonlyMap<string, unknown>,
  images: ReadonlyArray<CocoImage>,
  chosen: ReadonlySet<string>,
  { annotations, captions: file }: CocoSource,
  { lost }: SourceContext
): void {
  const compared = joinIds(
    { whose: `the captions of ${file!.path}`, what: "images", ids: captions.keys() },
    { whose: `the images of ${annotations.path}`, what: "images", ids: images.map(({ id }) => id) }
  )
  for (const loss of unmatched(compared, "captioned images", "the annotations have no image with this id"))
    lost(loss)
  for (const id of chosen)
    if (!captions.has(id))
      lost({
        what: "images without captions",
        reason: "the captions file has none for this id",
        examples: [id]
      })
}

async function text(world: World, file: string, parameter: string): Promise<string> {
  const bytes = await world.readIfPresent(file)
  if (bytes === null) return noSuch("file", file, parameter)
  try {
    return fileText(bytes)
  } catch (error) {
    if (!(error instanceof NotUtf8)) throw error
    return new Problems(file).fail("", `${error.message}; ${error.hint}`)
  }
}
function noSuch(what: "file" | "folder", path: string, parameter: string): never {
  const hint = "in a pipeline file it is relative to that file, after -S to the working directory"
  return new Problems(path).fail(`source.${parameter}`, `there is no such ${what}: check the path (${hint})`)
}
const captionsOf = async (file: string, world: World) =>
  parseCaptions(await text(world, file, "captions"), { file })

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
async function imageOf(
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

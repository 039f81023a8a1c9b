/** Scenes of a data set in COCO's layout: checked against their image files, one row each. */
import type { FileHandle, FileRef, SourceContext, World } from "../../../src/index.ts"
import { imageSize } from "../../vision/image.ts"
import { type CocoImage, parseInstances } from "./annotations.ts"
import { parseCaptions } from "./captions.ts"
import { limitOf } from "./limit.ts"
import { Problems } from "./problems.ts"

export interface CocoSource {
  readonly annotations: FileRef
  readonly images: FileRef
  readonly captions: FileRef | null
  readonly limit: number | null
  readonly seed: number
  /** leave out objects with degenerate polygons, and say so, rather than refuse the file */
  readonly skip_degenerate: boolean
}

/**
 * The scenes in the file's order, or a stable seeded part of them.
 *
 * @throws {CocoError} what is wrong with a file, its images missing or of another size included, at most 20 at once
 */
export async function* cocoScenes(source: CocoSource, world: World, context: SourceContext) {
  const file = source.annotations.path
  const { images, objects, leftOut } = parseInstances(await text(world, file, "annotations"), {
    file,
    skipDegenerate: source.skip_degenerate
  })
  const captions = source.captions === null ? null : await captionsOf(source.captions.path, world)
  const chosen = new Set(
    limitOf(
      images.map(({ id }) => id),
      source.limit,
      source.seed
    )
  )
  if (chosen.size < images.length) context.partial(`${chosen.size} of ${images.length} scenes`)

  const problems = new Problems(file)
  let done = 0
  for (const [index, image] of images.entries()) {
    if (!chosen.has(image.id)) continue
    context.signal.throwIfAborted()
    context.progress(++done, chosen.size)
    const found = await imageOf(image, index, source.images.path, world, problems, context)
    if (found === null) continue
    const others = leftOut.get(image.id) ?? []
    for (const { id, reason } of others)
      context.log(`left out annotation ${id} of image ${image.id}: ${reason}`)
    yield {
      id: image.id,
      image: found,
      height: image.height,
      width: image.width,
      objects: objects.get(image.id) ?? [],
      left_out: others,
      captions: captions?.get(image.id) ?? [],
      primary: null,
      secondary: null
    }
  }
  problems.check()
}

async function text(world: World, file: string, parameter: string): Promise<string> {
  const bytes = await world.readIfPresent(file)
  if (bytes !== null) return new TextDecoder().decode(bytes)
  const hint = "in a pipeline file it is relative to that file, after -S to the working directory"
  return new Problems(file).fail(`source.${parameter}`, `there is no such file: check the path (${hint})`)
}
const captionsOf = async (file: string, world: World) =>
  parseCaptions(await text(world, file, "captions"), { file })

/** The image's file, if it is there and as large as the annotations say. */
async function imageOf(
  { fileName, height, width }: CocoImage,
  index: number,
  folder: string,
  world: World,
  problems: Problems,
  context: SourceContext
): Promise<FileHandle | null> {
  const path = `${folder}/${fileName}`
  const found = await world.file(path)
  if (found === null) {
    problems.add(`images[${index}].file_name`, `there is no image ${path}: check the folder of images`)
    return null
  }
  try {
    const real = await imageSize(await found.bytes())
    if (real.height === height && real.width === width) return found
    problems.add(
      `images[${index}]`,
      `${path} is ${real.width}×${real.height} pixels, but the annotations say ${width}×${height}: its masks would not fit`
    )
    return null
  } catch (error) {
    // a photograph that cannot be read fails where it is decoded, alone: one in 15,000 must not stop the others
    context.log(`${path} will fail where it is needed: ${(error as Error).message}`)
    return found
  }
}

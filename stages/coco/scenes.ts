/** Scenes of a data set in COCO's layout: checked against their image files, one row each. */
import type { FileRef, SourceContext, World } from "../../src/index.ts"
import { joinIds, unmatched } from "../tables/joins.ts"
import type { LeftOutObject, SceneObject } from "../tables/scenes.ts"
import { type CocoImage, type Instances, parseInstances } from "./annotations.ts"
import { parseCaptions } from "./captions.ts"
import { fileTextOf } from "./file-text.ts"
import { imageOf } from "./image-file.ts"
import { sceneLimit } from "./limit.ts"
import { listedImages } from "./listed-images.ts"
import { Problems } from "./problems.ts"
import { parseTaskList } from "./task-list.ts"

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
  /** a task list: only its images are sampled */
  readonly tasks: FileRef | null
  /** `error` refuses rows of the task list that the annotations cannot serve; `skip` leaves out those without an image */
  readonly missing: "error" | "skip"
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
  const instances = parseInstances(await text(world, file, "annotations"), {
    file,
    skipDegenerate: source.skip_degenerate
  })
  const { images, objects, leftOut, notes } = instances
  for (const note of notes) context.lost({ what: "pairs of alike category names", reason: note })
  const captions = source.captions === null ? null : await captionsOf(source.captions.path, world)
  const candidates = await candidatesOf(instances, source, world, context)
  const chosen = new Set(sceneLimit(candidates, source.limit, source.seed))
  if (captions !== null) checkCaptions(captions, images, chosen, source, context)
  if (chosen.size < candidates.length) {
    context.partial(`${chosen.size} of ${candidates.length} scenes`)
    context.lost({
      what: "images",
      reason: `not among the first ${chosen.size} (limit)`,
      count: candidates.length - chosen.size,
      examples: candidates.filter((id) => !chosen.has(id))
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
      captions: captions?.get(image.id) ?? []
    }
  }
  // list the folder only once we know this is an error: a recorded listing makes the scenes stale on any change in the folder
  if (missing > 0 && missing === chosen.size && (await world.list(source.images.path)) === null)
    noSuch("folder", source.images.path, "images")
  // if no image is usable, the folder is wrong
  const isNoneGood = skipped.length + failed === chosen.size
  if (isNoneGood || problems.found > skipped.length + failed) problems.check()
}

/** The ids of the images to sample from, in the file's order: all, or those of the task list. */
async function candidatesOf(
  instances: Instances,
  { tasks, annotations, missing }: CocoSource,
  world: World,
  context: SourceContext
): Promise<ReadonlyArray<string>> {
  const all = instances.images.map(({ id }) => id)
  if (tasks === null) return all
  const rows = parseTaskList(await bytesOf(world, tasks.path, "tasks"), { file: tasks.path })
  const listed = listedImages(rows, instances, { tasks, annotations, missing }, context)
  const isListed = new Set(listed)
  const others = all.filter((id) => !isListed.has(id))
  context.lost({
    what: "images",
    reason: "in no row of the task list",
    count: others.length,
    examples: others
  })
  return listed
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

const text = async (world: World, file: string, parameter: string) =>
  fileTextOf(await bytesOf(world, file, parameter), file)
const bytesOf = async (world: World, file: string, parameter: string) =>
  (await world.readIfPresent(file)) ?? noSuch("file", file, parameter)
function noSuch(what: "file" | "folder", path: string, parameter: string): never {
  const hint = "in a pipeline file it is relative to that file, after -S to the working directory"
  return new Problems(path).fail(`source.${parameter}`, `there is no such ${what}: check the path (${hint})`)
}
const captionsOf = async (file: string, world: World) =>
  parseCaptions(await text(world, file, "captions"), { file })

/**
 * COCO's instances JSON: images, categories and the objects in them.
 *
 * Source: "Data format, 1. Object Detection", https://cocodataset.org/#format-data. Other fields (`info`,
 * `licenses`, `bbox`, …) are neither needed nor checked.
 */

import { causeText, compareIds } from "../../src/index.ts"
import { wrongPath } from "../../src/support/file-names.ts"
import type { LeftOutObject, SceneObject } from "../tables/scenes.ts"
import {
  absentOr,
  type AnnotationFields,
  idOf,
  Ids,
  recordsOf,
  parseObject,
  textOf,
  wholeNumberOf
} from "./fields.ts"
import { Problems } from "./problems.ts"
import { segmentationOf } from "./segmentation.ts"

/** An entry of `images`. */
export interface CocoImage {
  /** COCO's number, or another data set's string, as a string */
  readonly id: string
  /** path relative to the image folder, with forward slashes */
  readonly fileName: string
  /** in pixels */
  readonly height: number
  /** in pixels */
  readonly width: number
}

/** A validated instances file. Everything is in the file's order. */
export interface Instances {
  readonly images: ReadonlyArray<CocoImage>
  /** names by id */
  readonly categories: ReadonlyMap<string, string>
  /** by image id; an image without objects has an empty list */
  readonly objects: ReadonlyMap<string, ReadonlyArray<SceneObject>>
  /** by image id; only images that have some */
  readonly leftOut: ReadonlyMap<string, ReadonlyArray<LeftOutObject>>
  /** one sentence per valid but suspicious finding */
  readonly notes: ReadonlyArray<string>
}

export interface InstancesOptions {
  /** the file's name, for messages */
  readonly file: string
  /** leave out objects with degenerate polygons and list them, instead of refusing the file */
  readonly skipDegenerate?: boolean
}

/**
 * Parses and checks an instances file. Segmentations are passed on unchanged, not copied.
 *
 * @throws {CocoError} with the first problems found: not JSON, missing or malformed fields, ids that occur twice or
 *   do not exist, file names that lead out of the folder, degenerate polygons, RLE that does not fit its image
 */
export function parseInstances(text: string, { file, skipDegenerate = false }: InstancesOptions): Instances {
  const problems = new Problems(file)
  const json = parseObject(text, problems)
  const images = imagesOf(json, problems)
  const categories = categoriesOf(json, problems)
  const objects = new Map<string, Array<SceneObject>>(images.map(({ id }) => [id, []]))
  const sizes = new Map(images.map((image) => [image.id, image]))
  const leftOut = new Map<string, Array<LeftOutObject>>()
  // Stop here: if an image or category is invalid, each of its annotations would be reported too and hide the cause.
  problems.check()
  const ids = new Ids()
  for (const [fields, path] of recordsOf(json, "annotations", problems)) {
    const id = wholeNumberOf(fields, "id", path, problems, { unit: "" })
    if (id !== null) ids.add(String(id), path, problems)
    const image = referenceOf(sizes, fields, "image_id", "images", path, problems)
    const category = referenceOf(categories, fields, "category_id", "categories", path, problems)
    const area = areaOf(fields, path, problems)
    const crowd = crowdOf(fields, path, problems)
    if (image === null) continue
    const { segmentation, degenerate } = segmentationOf(fields, path, image, problems, !skipDegenerate)
    if (id === null || category === null || area === null || crowd === null) continue
    if (degenerate !== null) {
      const others = leftOut.get(image.id) ?? []
      leftOut.set(image.id, [...others, { id, category, reason: degenerate }])
    }
    if (segmentation !== null) objects.get(image.id)!.push({ id, category, segmentation, area, crowd })
  }
  problems.check()
  return { images, categories, objects, leftOut, notes: alikeNames(categories) }
}

/**
 * Categories with the same name are one class, since tables hold only names. Names that Unicode considers equal but
 * that use different characters (é as one character or as two) stay separate classes.
 */
function alikeNames(categories: ReadonlyMap<string, string>): ReadonlyArray<string> {
  const first = new Map<string, readonly [id: string, name: string]>()
  return Array.from(categories).flatMap(([id, name]) => {
    const normal = name.normalize("NFC")
    const [otherId, other] = first.get(normal) ?? [id, name]
    if (otherId === id) {
      first.set(normal, [id, name])
      return []
    }
    return other === name
      ? `categories ${otherId} and ${id} share the name "${name}": their objects form one class`
      : `categories ${otherId} and ${id} look alike, but their names use different characters (${ascii(other)}, ${ascii(name)}): they are two classes`
  })
}
const ascii = (text: string) =>
  JSON.stringify(text).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)

function imagesOf(json: AnnotationFields, problems: Problems): Array<CocoImage> {
  const images: Array<CocoImage> = []
  const ids = new Ids()
  for (const [fields, path] of recordsOf(json, "images", problems)) {
    const id = idOf(fields, "id", path, problems)
    if (id !== null) ids.add(id, path, problems)
    const fileName = textOf(fields, "file_name", path, problems)
    const wrong = fileName === null ? null : wrongPath(fileName, "the folder of images")
    if (wrong !== null) problems.add(`${path}.file_name`, `${JSON.stringify(fileName)} ${wrong}`)
    const height = wholeNumberOf(fields, "height", path, problems, { min: 1, unit: " of pixels" })
    const width = wholeNumberOf(fields, "width", path, problems, { min: 1, unit: " of pixels" })
    if (id === null || fileName === null || height === null || width === null) continue
    images.push({ id, fileName, height, width })
  }
  return images
}

function categoriesOf(json: AnnotationFields, problems: Problems): Map<string, string> {
  const categories = new Map<string, string>()
  const ids = new Ids()
  for (const [fields, path] of recordsOf(json, "categories", problems)) {
    const id = idOf(fields, "id", path, problems)
    const name = textOf(fields, "name", path, problems)
    if (id !== null && ids.add(id, path, problems) && name !== null) categories.set(id, name)
  }
  return categories
}

/** Examples of the known ids, and how an unknown one may differ from them. */
function alike(id: string, known: ReadonlyMap<string, unknown>): string {
  const first = [...known.keys()].slice(0, 1000)
  const { cause } = compareIds([id], first)
  const some = first
    .slice(0, 3)
    .map((each) => JSON.stringify(each))
    .join(", ")
  return ` (known ids: ${some === "" ? "none" : `${some}${known.size > 3 ? ", …" : ""}`}${cause === null ? "" : `; ${causeText(cause)}`})`
}

/** The value that an id refers to. */
function referenceOf<A>(
  known: ReadonlyMap<string, A>,
  fields: AnnotationFields,
  name: string,
  list: string,
  path: string,
  problems: Problems
): A | null {
  const id = idOf(fields, name, path, problems)
  if (id === null) return null
  const found = known.get(id)
  if (found === undefined)
    problems.add(`${path}.${name}`, `${id} is not an id in the file's ${list}${alike(id, known)}`)
  return found ?? null
}

function areaOf(fields: AnnotationFields, path: string, problems: Problems): number | null {
  const { area } = fields
  if (typeof area === "number" && area >= 0 && Number.isFinite(area)) return area
  problems.add(`${path}.area`, `${absentOr(area)}; must be a number ≥ 0, in square pixels`)
  return null
}

function crowdOf(fields: AnnotationFields, path: string, problems: Problems): boolean | null {
  const { iscrowd } = fields
  if (iscrowd === 0 || iscrowd === 1) return iscrowd === 1
  problems.add(`${path}.iscrowd`, `${absentOr(iscrowd)}; must be 0 (one object) or 1 (a crowd)`)
  return null
}

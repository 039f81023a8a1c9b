/**
 * COCO's captions JSON: human-written captions of the images.
 *
 * Source: "Data format, 4. Image Captioning", https://cocodataset.org/#format-data.
 */

import { absentOr, idOf, Ids, isText, recordsOf, parseObject, wholeNumberOf } from "./fields.ts"
import { Problems } from "./problems.ts"

/**
 * Captions by image id, unchanged and in the file's order. Images without captions are absent; if the file lists its
 * images, captions of other images are refused.
 *
 * @throws {CocoError} with the first problems found: not JSON, missing fields, annotation or image ids that occur
 *   twice, a caption of an unknown image
 */
export function parseCaptions(
  text: string,
  { file }: { readonly file: string }
): ReadonlyMap<string, ReadonlyArray<string>> {
  const problems = new Problems(file)
  const json = parseObject(text, problems)
  let images: Set<string> | null = null
  if (json["images"] !== undefined) {
    images = new Set()
    const ids = new Ids()
    for (const [fields, path] of recordsOf(json, "images", problems)) {
      const id = idOf(fields, "id", path, problems)
      if (id !== null && ids.add(id, path, problems)) images.add(id)
    }
    problems.check()
  }
  const captions = new Map<string, Array<string>>()
  const ids = new Ids()
  for (const [fields, path] of recordsOf(json, "annotations", problems)) {
    const id = wholeNumberOf(fields, "id", path, problems, { unit: "" })
    if (id !== null) ids.add(String(id), path, problems)
    const image = idOf(fields, "image_id", path, problems)
    if (image !== null && images?.has(image) === false) {
      problems.add(`${path}.image_id`, `${image} is not an id in the file's images`)
    }
    const { caption } = fields
    if (!isText(caption)) {
      const hint = typeof caption === "string" ? "" : " (is this a captions file?)"
      problems.add(`${path}.caption`, `${absentOr(caption)}; must be a string${hint}`)
    } else if (image !== null) {
      const list = captions.get(image)
      if (list === undefined) captions.set(image, [caption])
      else list.push(caption)
    }
  }
  problems.check()
  return captions
}

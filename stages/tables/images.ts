/**
 * Images as the unit of folds, counts and intervals: scenes with the same `image_group` show the same image.
 *
 * An image is named by the first of its scenes' ids, by code point. So folds and draws do not change when an image
 * file is re-encoded, and where every scene has its own image, the image's name is the scene's id.
 */
import { StageError } from "../../src/index.ts"
import { byCodePoint } from "./ids.ts"

/**
 * The image of each row, given the row's scene and image group.
 *
 * @throws Error if a scene has two image groups
 */
export function imagesOf(
  scenes: ReadonlyArray<string>,
  groups: ReadonlyArray<string>
): ReadonlyArray<string> {
  const groupOf = new Map<string, string>()
  const first = new Map<string, string>()
  scenes.forEach((scene, i) => {
    const group = groups[i]!
    const before = groupOf.get(scene)
    if (before === group) return
    if (before !== undefined)
      throw new StageError(
        `scene ${scene} has two image groups, "${before}" and "${group}": a scene shows one image`,
        { field: "image_group", hint: "give all rows of a scene one image_group" }
      )
    groupOf.set(scene, group)
    const named = first.get(group)
    if (named === undefined || byCodePoint(scene, named) < 0) first.set(group, scene)
  })
  return groups.map((group) => first.get(group)!)
}

/** Finds repetitions in a data set: images under several ids, and objects annotated twice. */
import type { SceneObject, Segmentation } from "../tables/scenes.ts"

interface Scene {
  readonly id: string
  readonly image_group: string
  readonly objects: ReadonlyArray<SceneObject>
}
/** A kind of repetition: its meaning, its count, and the first few examples in words. */
export interface Repeated {
  readonly what: string
  readonly reason: string
  readonly count: number
  readonly examples: ReadonlyArray<string>
}
const mostExamples = 5

/** Visits scenes one after another. */
export class Repeats {
  #scenes = 0
  /** the first scene of each image group */
  readonly #first = new Map<string, string>()
  readonly #images: Array<string> = []
  readonly #objects: Array<string> = []
  #objectCount = 0

  add({ id, image_group, objects }: Scene): void {
    this.#scenes++
    const first = this.#first.get(image_group)
    if (first === undefined) this.#first.set(image_group, id)
    else if (this.#images.length < mostExamples) this.#images.push(`${id} shows the image of ${first}`)
    for (const [repeat, original] of repeatedObjects(objects)) {
      this.#objectCount++
      if (this.#objects.length < mostExamples)
        this.#objects.push(`${repeat.id} repeats ${original.id} in scene ${id}`)
    }
  }

  /** All repetitions found; empty if there are none. */
  found(): ReadonlyArray<Repeated> {
    const repeated = this.#scenes - this.#first.size
    const images: Repeated = {
      what: "scenes that show another scene's image",
      reason: `${this.#scenes} scenes show ${this.#first.size} images; scenes of one image share a fold and count as one image`,
      count: repeated,
      examples: this.#images
    }
    const objects: Repeated = {
      what: "annotations that repeat another one of their scene",
      reason: "they have the same category and segmentation; all are kept",
      count: this.#objectCount,
      examples: this.#objects
    }
    return [images, objects].filter(({ count }) => count > 0)
  }
}

/** Each object that equals an earlier one in category and segmentation, paired with that one. */
export function repeatedObjects(
  objects: ReadonlyArray<SceneObject>
): ReadonlyArray<readonly [repeat: SceneObject, original: SceneObject]> {
  const alike = new Map<string, Array<SceneObject>>()
  return objects.flatMap((object) => {
    // most segmentations differ in their first numbers, so few are compared in full
    const key = JSON.stringify([object.category, startOf(object.segmentation)])
    const others = alike.get(key)
    if (others === undefined) {
      alike.set(key, [object])
      return []
    }
    const text = JSON.stringify(object.segmentation)
    const original = others.find(({ segmentation }) => JSON.stringify(segmentation) === text)
    if (original !== undefined) return [[object, original] as const]
    others.push(object)
    return []
  })
}

const startOf = (segmentation: Segmentation): unknown =>
  "counts" in segmentation
    ? segmentation.counts.slice(0, 64)
    : [segmentation.length, segmentation[0]?.length, segmentation[0]?.slice(0, 6)]

/**
 * Decides which objects are asked about, and why the others are not, without looking at an encoder.
 *
 * A class needs enough images, and no class may dominate: classes in fewer than `minimum` images are left out, then
 * all but the `classes` largest, then all but `cap` seeded objects of each. An object listed by several scenes of one
 * image counts once, and all its copies are kept or left out together.
 */
import { byCodePoint } from "../tables/ids.ts"

/** An object that could be asked about. */
export interface Candidate {
  readonly scene: string
  readonly image_group: string
  /** equal for copies of one object */
  readonly key: string
  /** its index in the scene */
  readonly object: number
  /** the right answer: its class */
  readonly label: string
  /** why it cannot be asked about; null where it can */
  readonly barred: string | null
}
export interface Limits {
  /** the least number of images of a class */
  readonly minimum: number
  /** the largest number of classes; larger classes come first */
  readonly classes: number
  /** the largest number of objects in a class */
  readonly cap: number
}
export interface Chosen extends Candidate {
  /** null for kept candidates */
  readonly reason: string | null
}

/** The objects of a class that can be asked about. */
interface Class {
  /** by key, the index of the object's first copy, by the scene's id */
  readonly objects: Map<string, number>
  readonly images: Set<string>
}

/**
 * Decides about every candidate, in order. The largest classes are those in the most images, then those with the most
 * objects, then those with the lower code point.
 *
 * @param place a candidate's position in its class's order, which must depend on the candidate alone: the first `cap`
 *   are kept, so they stay when others are added (except for those that these displace)
 * @param what what the label is, for the reasons: `category`
 */
export function choose(
  candidates: ReadonlyArray<Candidate>,
  limits: Limits,
  place: (candidate: Candidate) => number,
  what = "category"
): ReadonlyArray<Chosen> {
  const byLabel = new Map<string, Class>()
  candidates.forEach(({ label, key, image_group, barred }, i) => {
    if (barred !== null) return
    let of = byLabel.get(label)
    if (of === undefined) byLabel.set(label, (of = { objects: new Map(), images: new Set() }))
    of.images.add(image_group)
    const before = of.objects.get(key)
    if (before === undefined || byCodePoint(candidates[i]!.scene, candidates[before]!.scene) < 0)
      of.objects.set(key, i)
  })
  const enough = [...byLabel].filter(([, { images }]) => images.size >= limits.minimum)
  const largest = enough
    .sort(
      ([a, ofA], [b, ofB]) =>
        ofB.images.size - ofA.images.size || ofB.objects.size - ofA.objects.size || byCodePoint(a, b)
    )
    .slice(0, limits.classes)
  const kept = new Map(
    largest.map(([label, { objects }]) => [label, firstOf(objects, limits.cap, (i) => place(candidates[i]!))])
  )
  return candidates.map((candidate) => {
    const { label, key, barred } = candidate
    const reason =
      barred ??
      (kept.get(label)?.has(key)
        ? null
        : kept.has(label)
          ? `capped: more than ${limits.cap} objects of its ${what}`
          : byLabel.get(label)!.images.size < limits.minimum
            ? `too few: its ${what} is in fewer than ${limits.minimum} images`
            : `not one of the ${limits.classes} largest classes`)
    return { ...candidate, reason }
  })
}

/** The keys of the first `cap` objects. */
function firstOf(
  objects: ReadonlyMap<string, number>,
  cap: number,
  placeOf: (index: number) => number
): { has(key: string): boolean } {
  if (objects.size <= cap) return objects
  const placed = Array.from(objects, ([key, index]) => ({ key, index, place: placeOf(index) }))
  placed.sort((a, b) => a.place - b.place || a.index - b.index)
  return new Set(placed.slice(0, cap).map(({ key }) => key))
}

/** Folds grouped by image: every image gets its fold before anything is left out. */
import { createHash } from "node:crypto"

export interface FoldImage {
  readonly id: string
  /** what the folds balance, such as the joint task × cell signature */
  readonly stratum: string
}

/**
 * The fold (0 … folds − 1) of each image.
 *
 * Each stratum is dealt on its own, in rounds: its images are sorted by a seeded hash of their ids; in each round of
 * `folds` images, each takes the first fold that is still free, counting up from a fold that is hashed from its own id.
 * So sizes within a stratum differ by at most one, an image that comes or goes moves no image of another stratum, and
 * on average a fifth of its own, and an image alone in its stratum keeps its fold whatever the stratum is called. Sizes over all strata
 * may differ by more, the more so the smaller the strata: folds that stay when data change are worth more than folds of
 * one size. The order of the input does not matter, and all comparisons over the same images share the same folds.
 *
 * @throws RangeError if `folds` is not a whole number ≥ 2; Error if an id occurs twice
 */
export function assignFolds(options: {
  readonly images: Iterable<FoldImage>
  readonly folds: number
  readonly seed: number | string
}): Map<string, number> {
  const { folds, seed } = options
  if (!Number.isInteger(folds) || folds < 2)
    throw new RangeError(`folds: ${folds} is not a whole number of 2 or more`)
  const strata = new Map<string, Array<{ readonly id: string; readonly hash: Buffer }>>()
  const ids = new Set<string>()
  for (const { id, stratum } of options.images) {
    if (ids.has(id)) throw new Error(`image ${JSON.stringify(id)} is given twice; an image has one fold`)
    ids.add(id)
    const one = { id, hash: seededHash(seed, id) }
    const others = strata.get(stratum)
    if (others === undefined) strata.set(stratum, [one])
    else others.push(one)
  }
  const assigned = new Map<string, number>()
  for (const images of strata.values()) {
    images.sort((a, b) => Buffer.compare(a.hash, b.hash) || compare(a.id, b.id))
    let taken = new Set<number>()
    for (const { id, hash } of images) {
      if (taken.size === folds) taken = new Set()
      // other bits than those that sort; a double holds 48 exactly
      let fold = hash.readUIntBE(26, 6) % folds
      while (taken.has(fold)) fold = (fold + 1) % folds
      taken.add(fold)
      assigned.set(id, fold)
    }
  }
  return assigned
}

const seededHash = (seed: number | string, id: string) =>
  createHash("sha256").update(`probeline folds v2\n${seed}\n${id}`).digest()

/** By UTF-16 code unit: the same on every machine, whatever its locale. */
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

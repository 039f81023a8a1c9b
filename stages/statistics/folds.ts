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
 * Images are sorted by (stratum, seeded hash of the id) and dealt round-robin. Dealing continues from one stratum to
 * the next, so that fold sizes differ by at most one image, overall and within each stratum. The order of the input
 * does not matter, and all comparisons over the same images share the same folds.
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
  const keyed = Array.from(options.images, ({ id, stratum }) => ({ id, stratum, hash: seededHash(seed, id) }))
  keyed.sort((a, b) => compare(a.stratum, b.stratum) || compare(a.hash, b.hash) || compare(a.id, b.id))
  const assigned = new Map<string, number>()
  for (const { id } of keyed) {
    if (assigned.has(id)) throw new Error(`image ${JSON.stringify(id)} is given twice; an image has one fold`)
    assigned.set(id, assigned.size % folds)
  }
  return assigned
}

const seededHash = (seed: number | string, id: string) =>
  createHash("sha256").update(`probeline folds v1\n${seed}\n${id}`).digest("hex")

/** By UTF-16 code unit: the same on every machine, whatever its locale. */
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

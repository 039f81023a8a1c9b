/** A share of the images held out, drawn anew for each seed. */
import { param, seededRandom, type Values, type Written } from "../../../src/index.ts"
import type { FoldImage } from "../../statistics/folds.ts"
import { byCodePoint } from "../../tables/ids.ts"
import { INNER_FOLDS } from "../data/probe-data.ts"
import type { SplitKind } from "./split.ts"

export const holdoutParams = {
  test: param.number({ default: 0.1, min: 0.01, max: 0.99, doc: "share of the images that is held out" }),
  seeds: param.int({ default: 1, min: 1, doc: "number of times that images are drawn" }),
  seed: param.int({ default: 0 })
}

/** The parameter `split` of `fit-probes`: a share of the images is held out. Defaults: a tenth, 1 seed, seed 0. */
export const holdout = (options: Written<typeof holdoutParams> = {}) =>
  ({ kind: "holdout", ...options }) as const

export const holdoutSplit: SplitKind<Values<typeof holdoutParams>> = {
  needs: () => `a probe needs 2 classes, ${INNER_FOLDS} images to train on, and one to predict`,
  split: ({ test, seeds, seed }, { images }) => ({
    folds: 1,
    seeds,
    seed,
    leastImages: INNER_FOLDS + 1,
    splits: Array.from({ length: seeds }, (_, number) => {
      const held = heldOut(images, test, `${seed}/${number}`)
      return { seed: number, fold: 0, isTest: (image) => held.has(image) }
    })
  })
}

/**
 * The first images of each stratum, by a seeded draw: `test` of them, rounded up or down at random, so that strata of one
 * image are held out as often as others. An image that comes or goes moves no image of another stratum.
 */
function heldOut(images: ReadonlyArray<FoldImage>, test: number, seed: string): ReadonlySet<string> {
  const strata = new Map<string, Array<{ readonly id: string; readonly place: number }>>()
  for (const { id, stratum } of images) {
    const drawn = { id, place: seededRandom("holdout", seed, "image", id)() }
    const others = strata.get(stratum)
    if (others === undefined) strata.set(stratum, [drawn])
    else others.push(drawn)
  }
  const held = new Set<string>()
  for (const [stratum, of] of strata) {
    of.sort((a, b) => a.place - b.place || byCodePoint(a.id, b.id))
    const count = Math.floor(test * of.length + seededRandom("holdout", seed, "stratum", stratum)())
    for (const { id } of of.slice(0, count)) held.add(id)
  }
  return held
}

/** Cross-validation: every image is held out once a seed. */
import { param, type Values, type Written } from "../../../src/index.ts"
import { assignFolds } from "../../statistics/folds.ts"
import { INNER_FOLDS } from "../data/probe-data.ts"
import type { SplitKind } from "./split.ts"

export const kfoldParams = {
  folds: param.int({ default: 5, min: 2, doc: "folds, grouped by image" }),
  seeds: param.int({ default: 5, min: 1, doc: "number of times that images are dealt into folds" }),
  seed: param.int({ default: 0 })
}

/** The parameter `split` of `fit-probes`: folds grouped by image. Defaults: 5 folds, 5 seeds, seed 0. */
export const kfold = (options: Written<typeof kfoldParams> = {}) => ({ kind: "kfold", ...options }) as const

export const kfoldSplit: SplitKind<Values<typeof kfoldParams>> = {
  needs: ({ folds }) => `${folds} folds need 2 classes and ${INNER_FOLDS * folds} images`,
  split: ({ folds, seeds, seed }, { images }) => ({
    folds,
    seeds,
    seed,
    leastImages: INNER_FOLDS * folds,
    splits: Array.from({ length: seeds }, (_, number) =>
      assignFolds({ images, folds, seed: `${seed}/${number}` })
    ).flatMap((foldOf, number) =>
      Array.from({ length: folds }, (_, fold) => ({
        seed: number,
        fold,
        isTest: (image: string) => foldOf.get(image) === fold
      }))
    )
  })
}

/** A kind of split: which images a probe trains on, and which it predicts. */
import type { FoldImage } from "../../statistics/folds.ts"

/** @typeParam V the values of its parameters */
export interface SplitKind<V> {
  /** what a question needs, in words that follow "too few examples" */
  needs(values: V): string
  /** Decides for every image, whatever an encoder can be asked. */
  split(values: V, asked: AskedImages): Splitting | Promise<Splitting>
}

export interface AskedImages {
  /** the images of all examples, kept or left out */
  readonly images: ReadonlyArray<FoldImage>
  /** the scenes of the kept examples, each with its image */
  readonly scenes: ReadonlyMap<string, string>
}

export interface Splitting {
  /** K and S, as a fit's row has them */
  readonly folds: number
  readonly seeds: number
  /** of folds within the training rows */
  readonly seed: number
  /** the fewest images that a question may have */
  readonly leastImages: number
  readonly splits: ReadonlyArray<ImageSplit>
}

export interface ImageSplit {
  /** the number of the seed, from 0, and the fold that is held out */
  readonly seed: number
  readonly fold: number
  /** whether the image is held out */
  readonly isTest: (image: string) => boolean
}

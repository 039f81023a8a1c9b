/** The parameter `split`, and what each of its kinds does. */
import { param, type Values } from "../../../src/index.ts"
import { givenParams, givenSplit } from "./given.ts"
import { holdoutParams, holdoutSplit } from "./holdout.ts"
import { kfoldParams, kfoldSplit } from "./kfold.ts"
import type { AskedImages, Splitting } from "./split.ts"

export const splitParam = param.oneOf(
  { kfold: kfoldParams, holdout: holdoutParams, given: givenParams },
  {
    default: { kind: "kfold" },
    doc: "which images are held out: kfold({ folds, seeds, seed }), holdout({ test, seeds, seed }) or given(file(…))"
  }
)
export type SplitValues = Values<{ split: typeof splitParam }>["split"]

/** What a question needs, in words. */
export function splitNeeds(split: SplitValues): string {
  switch (split.kind) {
    case "kfold":
      return kfoldSplit.needs(split)
    case "holdout":
      return holdoutSplit.needs(split)
    case "given":
      return givenSplit.needs(split)
  }
}

/** @throws StageError naming file and line if a given split is malformed, or lacks an asked scene */
export async function splitImages(split: SplitValues, asked: AskedImages): Promise<Splitting> {
  switch (split.kind) {
    case "kfold":
      return kfoldSplit.split(split, asked)
    case "holdout":
      return holdoutSplit.split(split, asked)
    case "given":
      return givenSplit.split(split, asked)
  }
}

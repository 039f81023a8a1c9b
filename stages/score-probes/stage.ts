/** `score-probes`: turns the predictions of each fit into scores, so that what follows need not read predictions. */
import { defineStage, each, one } from "../../src/index.ts"
import { fitColumns } from "../tables/fits.ts"
import { scoreColumns } from "../tables/scores.ts"
import { scoreLosses } from "./losses.ts"
import { scoreOf } from "./score.ts"

const { weights: _, ...read } = fitColumns

export const scoreProbes = defineStage.itemwise("score-probes", {
  doc: "scores of each fit: balanced accuracy by seed and fold, recalls, chance, macro-F1, log-loss",
  inputs: { fits: each(read) },
  output: one(scoreColumns),
  // a fit of a large data set has some 100,000 predictions
  chunk: 1,
  losses: ({ output }) => scoreLosses(output),
  compute: (items) => items.map(({ fits }) => scoreOf(fits))
})

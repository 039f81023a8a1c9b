/** The thresholds of verdicts: DEFINITIONS of this project, to be changed with evidence (docs/verdicts.md). */
import type { Threshold } from "../../src/index.ts"

const threshold = (value: number, doc: string): Threshold => ({ default: value, doc })

export const accuracyThresholds = {
  accuracy: threshold(
    0.02,
    "largest difference of an accuracy that counts as none: means over tasks, M1, other questions"
  ),
  accuracy_of_task: threshold(0.05, "the same of one task's accuracies, where there are several"),
  alpha: threshold(0.05, "level of tests: intervals have 1 − 2 alpha (90 %)")
} as const
export const measureThresholds = {
  ...accuracyThresholds,
  m2: threshold(0.03, "largest difference of M2 that counts as none"),
  m2_corrected: threshold(0.05, "largest difference of corrected M2 that counts as none")
} as const

/** The given thresholds, or the defaults. */
export const thresholdValues = <N extends string>(
  thresholds: Readonly<Record<N, Threshold>>,
  given: Readonly<Record<string, number>>
): Readonly<Record<N, number>> =>
  Object.fromEntries(
    Object.entries<Threshold>(thresholds).map(([name, { default: value }]) => [
      name,
      Object.hasOwn(given, name) ? given[name] : value
    ])
  ) as Readonly<Record<N, number>>

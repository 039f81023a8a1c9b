/** The thresholds of verdicts: DEFINITIONS of this project, to be changed with evidence (docs/verdicts.md). */
import type { Threshold } from "../../src/index.ts"

const margin = (value: number, doc: string): Threshold => ({ default: value, min: 0, doc })

export const accuracyThresholds = {
  accuracy: margin(
    0.02,
    "largest difference of an accuracy that counts as none: means over tasks, M1, other questions"
  ),
  accuracy_of_task: margin(0.05, "the same of one task's accuracies, where there are several"),
  alpha: { default: 0.05, min: 1e-6, max: 0.25, doc: "level of tests: intervals have 1 − 2 alpha (90 %)" }
} as const
export const measureThresholds = {
  ...accuracyThresholds,
  m2: margin(0.03, "largest difference of M2 that counts as none"),
  m2_corrected: margin(0.05, "largest difference of corrected M2 that counts as none")
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

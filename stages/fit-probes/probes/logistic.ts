/** L2-regularised logistic regression on standardised features, its strength chosen within the training rows. */
import { fitLogistic } from "../logistic/fit-logistic.ts"
import type { LogisticFit } from "../logistic/fit-of-split.ts"
import { UNSEEN_LOSS } from "../logistic/regularisation-path.ts"
import type { Probe, ProbeFit, ProbeTask } from "./probe.ts"

export const logisticProbe: Probe = {
  async fit({ settings: { seed }, ...task }) {
    const fits = await fitLogistic({ ...task, seed })
    return fits.map((fit, split) => (fit.undefined === undefined ? fitIn(fit, task, split) : fit))
  }
}

function fitIn(
  fit: LogisticFit,
  { labels, classes, outer }: Pick<ProbeTask, "labels" | "classes" | "outer">,
  split: number
): ProbeFit {
  const { predictions, c, edge, converged, innerAccuracy, coefficients, intercepts } = fit
  return {
    predictions,
    logProbabilities: Float64Array.from(outer[split]!.test, (row, t) => {
      const own = fit.logProbabilities[t * classes + labels[row]!]!
      return own === -Infinity ? -UNSEEN_LOSS : own
    }),
    c,
    edge: edge ?? "",
    converged,
    epochs: 0,
    innerAccuracy,
    weights: {
      mean: fit.scaling.mean,
      scale: fit.scaling.inverse,
      coefficients,
      intercepts,
      classes: fit.classes
    }
  }
}

/** scikit-learn's Perceptron on raw features. */
import { fitPerceptron, type PerceptronFit } from "../perceptron/fit-perceptron.ts"
import { MAX_EPOCHS } from "../perceptron/stopping-rule.ts"
import type { Probe, ProbeFit } from "./probe.ts"

export const perceptronProbe: Probe = {
  async fit({ settings: { randomState }, ...task }) {
    const fits = await fitPerceptron({ ...task, randomState })
    return fits.map((fit) => (fit.undefined === undefined ? fitIn(fit, task.width) : fit))
  }
}

const fitIn = (
  { predictions, epochs, coefficients, intercepts, classes }: PerceptronFit,
  width: number
): ProbeFit => ({
  predictions,
  logProbabilities: null,
  c: NaN,
  edge: "",
  // scikit-learn warns of a Perceptron that needed all of them
  converged: epochs < MAX_EPOCHS,
  epochs,
  innerAccuracy: NaN,
  weights: {
    mean: new Float64Array(width),
    scale: new Float64Array(width).fill(1),
    coefficients,
    intercepts,
    classes
  }
})

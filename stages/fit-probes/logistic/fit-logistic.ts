/**
 * L2-regularised logistic regression for every outer split, with its strength chosen within the training rows.
 *
 * All fits of a call share one data matrix and advance in lock-step on shared float32 products (see `solver.ts`);
 * optimisation is in float64. The objective differs from that of scikit-learn's fully converged
 * `LogisticRegression` by at most 1e-6, relative to the objective for C ≤ 1 and to ln K for C > 1.
 */
import type { UndefinedProbe } from "../data/probe-data.ts"
import { checkProbeData, INNER_FOLDS, isConstant, presentClasses } from "../data/probe-data.ts"
import { fitOf, type LogisticFit } from "./fit-of-split.ts"
import { withKernel } from "./kernel.ts"
import type { Matrix } from "./matrix.ts"
import { openMatrix } from "./matrix.ts"
import { checkLogistic, DEFAULT_GRID, DEFAULT_TOLERANCES, type LogisticOptions } from "./options.ts"
import type { Spectrum } from "./preconditioner.ts"
import { leadingSpectrum } from "./preconditioner.ts"
import { RegularisationPath } from "./regularisation-path.ts"
import { type Shape, shapeOf } from "./shape.ts"
import { searchBytes, Solver } from "./solver.ts"
import type { Scaling } from "./standardise.ts"
import { FoldScalings, scaled, scalingOf } from "./standardise.ts"
import { trainingSets } from "./training-sets.ts"

/**
 * @throws RangeError on inconsistent shapes, a grid that does not ascend, or fewer images than inner folds in a
 *   training set; the signal's reason if aborted
 */
export async function fitLogistic(given: LogisticOptions): Promise<Array<LogisticFit | UndefinedProbe>> {
  const outer = given.outer.map(({ train, test }) => ({
    train: train.filter((row) => given.weights?.[row] !== 0),
    test
  }))
  const options = { ...given, outer }
  const { x, rows, width, grid = DEFAULT_GRID, threads = 1 } = options
  checkProbeData(options, outer)
  checkLogistic(options, grid)
  const verdicts = outer.map(({ train }): UndefinedProbe | null => {
    if (isConstant(options, train)) return { undefined: "constant" }
    return presentClasses(options, train).length < 2 ? { undefined: "one-class" } : null
  })
  if (!verdicts.includes(null)) return verdicts as Array<UndefinedProbe>

  const overall = scalingOf(
    x,
    width,
    Int32Array.from({ length: rows }, (_, row) => row)
  )
  const shape = shapeOf(rows, width)
  const z = scaled(x, shape, overall)
  const features = await openMatrix(z, shape.rows, shape.stride, threads)
  try {
    const spectrum = await leadingSpectrum(features, shape, rows, threads)
    try {
      const scalings = new FoldScalings(x, z, shape, overall)
      return await fitAll(options, { shape, overall, scalings, features, spectrum, grid, verdicts })
    } finally {
      await spectrum.vectors.release()
    }
  } finally {
    await features.release()
  }
}

interface Shared {
  readonly shape: Shape
  readonly overall: Scaling
  readonly scalings: FoldScalings
  /** [shape.rows × shape.stride] the features scaled by `overall`, and ones */
  readonly features: Matrix
  readonly spectrum: Spectrum
  readonly grid: ReadonlyArray<number>
  readonly verdicts: ReadonlyArray<UndefinedProbe | null>
}

/** Splits are solved together as far as their searches fit in so many bytes. */
const MOST_MEMORY = 2 ** 29

async function fitAll(
  options: LogisticOptions,
  shared: Shared
): Promise<Array<LogisticFit | UndefinedProbe>> {
  const { outer, signal, progress, innerFolds = INNER_FOLDS, tolerances = DEFAULT_TOLERANCES } = options
  const { shape, overall, scalings, features, spectrum, grid, verdicts } = shared
  const fits: Array<LogisticFit | UndefinedProbe> = [...verdicts] as Array<UndefinedProbe>
  const defined = Array.from(outer.keys()).filter((split) => !verdicts[split])
  const atOnce = Math.max(1, Math.floor(MOST_MEMORY / (innerFolds * searchBytes(shape, options.classes))))
  const all = outer.length * (grid.length + 1)
  let done = (outer.length - defined.length) * (grid.length + 1)
  for (let from = 0; from < defined.length; from += atOnce)
    await withKernel(async (kernel) => {
      const solver = new Solver(kernel, shape, features, spectrum, options.classes)
      const paths = defined.slice(from, from + atOnce).map((split) => ({
        split,
        path: new RegularisationPath({
          solver,
          sets: trainingSets(options, scalings, outer[split]!.train, grid.length > 1),
          grid,
          tolerances
        })
      }))
      for (const { path } of paths) path.start()
      const steps = () => paths.reduce((sum, { path }) => sum + path.steps, done)
      await solver.run(signal, () => progress?.(steps() / all))
      done = steps()
      for (const { split, path } of paths)
        fits[split] = await fitOf(options, features, shape, overall, grid, path, outer[split]!)
    })
  return fits
}

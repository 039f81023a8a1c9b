/**
 * L2-regularised logistic regression for every outer split, with its strength chosen within the training rows.
 *
 * All fits of a call share one data matrix and advance in lock-step on shared float32 products (see `solver.ts`);
 * optimisation is in float64. The objective differs from that of scikit-learn's fully converged
 * `LogisticRegression` by at most 1e-6, relative to the objective for C ≤ 1 and to ln K for C > 1.
 */
import type { UndefinedProbe } from "../probes/probe.ts"
import { checkProbeData, isConstant, presentClasses } from "../probes/probe.ts"
import { fitOf, type LogisticFit } from "./fit-of-split.ts"
import type { Matrix } from "./matrix.ts"
import { openMatrix } from "./matrix.ts"
import { checkLogistic, DEFAULT_GRID, DEFAULT_TOLERANCES, type LogisticOptions } from "./options.ts"
import type { Spectrum } from "./preconditioner.ts"
import { leadingSpectrum } from "./preconditioner.ts"
import { RegularisationPath } from "./regularisation-path.ts"
import { Solver } from "./solver.ts"
import type { Scaling } from "./standardise.ts"
import { scaled, scalingOf } from "./standardise.ts"
import { innerFoldsOf, regressionOn } from "./training-sets.ts"

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
  const { x, rows, width, grid = DEFAULT_GRID } = options
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
  const z = scaled(x, width, overall)
  const features = await openMatrix(z, rows, width)
  try {
    const spectrum = await leadingSpectrum(features)
    try {
      return await fitAll(options, { z, overall, features, spectrum, grid, verdicts })
    } finally {
      await spectrum.vectors.release()
    }
  } finally {
    await features.release()
  }
}

interface Shared {
  /** [rows × width] the features scaled by `overall`, the matrix behind `features` */
  readonly z: Float32Array
  readonly overall: Scaling
  readonly features: Matrix
  readonly spectrum: Spectrum
  readonly grid: ReadonlyArray<number>
  readonly verdicts: ReadonlyArray<UndefinedProbe | null>
}

async function fitAll(
  options: LogisticOptions,
  shared: Shared
): Promise<Array<LogisticFit | UndefinedProbe>> {
  const { outer, signal, progress, tolerances = DEFAULT_TOLERANCES } = options
  const { z, overall, features, spectrum, grid, verdicts } = shared
  const solver = new Solver(features, spectrum, options.classes)
  const regress = (part: Int32Array) => regressionOn(options, z, overall, part)

  const paths = outer.map(({ train }, split) =>
    verdicts[split]
      ? null
      : new RegularisationPath({
          solver,
          features,
          outer: regress(train),
          inner: grid.length === 1 ? [] : innerFoldsOf(options, train, regress),
          grid,
          tolerances
        })
  )
  for (const path of paths) await path?.start()
  const all = paths.length * (grid.length + 1)
  await solver.run(signal, () =>
    progress?.(paths.reduce((sum, path) => sum + (path?.steps ?? grid.length + 1), 0) / all)
  )
  return Promise.all(
    paths.map(
      (path, split) => verdicts[split] ?? fitOf(options, features, overall, grid, path!, outer[split]!)
    )
  )
}

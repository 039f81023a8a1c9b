/**
 * Chooses C for one outer split: inner folds by image, each with its own scaling; the C with the least mean
 * out-of-fold log-loss, ties to the smaller; then a refit on all training rows.
 *
 * C runs from small to large, and each fit starts at the previous C's solution. The path ends early once the loss has
 * risen at two consecutive C's, which gives the same choice if the loss has a single valley over the grid.
 */
import type { Minimum } from "./lbfgs.ts"
import type { Matrix } from "./matrix.ts"
import { logProbabilities } from "./predict.ts"
import type { LogisticProblem } from "./problem.ts"
import { priorSolution } from "./problem.ts"
import type { Solver } from "./solver.ts"

/** The regression on some rows, before C is chosen. */
export interface Regression extends Omit<LogisticProblem, "c"> {
  /** the classes in its rows, ascending; its labels are indices into this list */
  readonly classes: ReadonlyArray<number>
}

export interface InnerFold {
  readonly regression: Regression
  readonly heldOut: Int32Array
  /** for each held-out row: its class, by its number over all data, and its weight */
  readonly labels: Int32Array
  readonly weights: Float64Array
}

export interface PathResult {
  readonly cIndex: number
  /** [grid] the mean inner log-loss; NaN past the end of the path */
  readonly innerLosses: Float64Array
  readonly minimum: Minimum
}

/** How closely objectives are minimised, relative to themselves: for the choice of C, and for the refit. */
export interface Tolerances {
  readonly inner: number
  readonly refit: number
}

/**
 * −ln p for a class missing from a fold's training rows: p is float64's epsilon, 2⁻⁵², as in scikit-learn's
 * `log_loss`.
 */
const UNSEEN_LOSS = 36.04365338911715

export class RegularisationPath {
  result: PathResult | null = null
  /** steps done, of grid.length + 1 */
  steps = 0
  private readonly solver: Solver
  private readonly features: Matrix
  readonly outer: Regression
  private readonly inner: ReadonlyArray<InnerFold>
  private readonly grid: ReadonlyArray<number>
  private readonly tolerances: Tolerances
  private readonly losses: Float64Array
  private readonly solutions: Array<Float64Array>
  private best = { index: -1, loss: Infinity, solutions: [] as Array<Float64Array> }
  private rises = 0
  private index = 0
  private pending = 0
  private sums: Float64Array

  constructor(options: {
    readonly solver: Solver
    readonly features: Matrix
    readonly outer: Regression
    readonly inner: ReadonlyArray<InnerFold>
    readonly grid: ReadonlyArray<number>
    readonly tolerances: Tolerances
  }) {
    this.solver = options.solver
    this.features = options.features
    this.outer = options.outer
    this.inner = options.inner
    this.grid = options.grid
    this.tolerances = options.tolerances
    this.losses = new Float64Array(this.grid.length).fill(NaN)
    this.solutions = this.inner.map(({ regression }) => priorSolution(regression, this.features.columns))
    this.sums = new Float64Array(this.inner.length)
  }

  /** Adds the first fits to the solver. */
  async start(): Promise<void> {
    if (this.inner.length === 0) return this.refit(0)
    this.pending = this.inner.length
    for (const [f, { regression }] of this.inner.entries()) {
      if (regression.classes.length < 2) await this.judge(f)
      else
        this.solver.add(
          { ...regression, c: this.grid[this.index]! },
          this.solutions[f]!,
          this.tolerances.inner,
          async ({ x }) => {
            this.solutions[f] = x
            await this.judge(f)
          }
        )
    }
  }

  private async judge(f: number): Promise<void> {
    this.sums[f] = await heldOutLoss(this.features, this.inner[f]!, this.solutions[f]!)
    if (--this.pending === 0) await this.advance()
  }

  private async advance(): Promise<void> {
    const weight = this.inner.reduce((sum, { weights }) => sum + weights.reduce((a, b) => a + b, 0), 0)
    const loss = this.sums.reduce((a, b) => a + b) / weight
    this.rises = this.index > 0 && loss > this.losses[this.index - 1]! ? this.rises + 1 : 0
    this.losses[this.index] = loss
    if (loss < this.best.loss) this.best = { index: this.index, loss, solutions: [...this.solutions] }
    this.index++
    this.steps = this.index
    if (this.rises >= 2 || this.index === this.grid.length) this.refit(this.best.index)
    else await this.start()
  }

  private refit(cIndex: number): void {
    const length = this.outer.vectors * (this.features.columns + 1)
    const fitting = this.best.solutions.filter((solution) => solution.length === length)
    const start =
      fitting.length === 0 ? priorSolution(this.outer, this.features.columns) : average(fitting, length)
    this.solver.add(
      { ...this.outer, c: this.grid[cIndex]! },
      start,
      this.tolerances.refit,
      async (minimum) => {
        this.steps = this.grid.length + 1
        this.result = { cIndex, innerLosses: this.losses, minimum }
      }
    )
  }
}

function average(solutions: ReadonlyArray<Float64Array>, length: number): Float64Array {
  const mean = new Float64Array(length)
  for (const solution of solutions)
    for (let i = 0; i < length; i++) mean[i]! += solution[i]! / solutions.length
  return mean
}

async function heldOutLoss(features: Matrix, fold: InnerFold, solution: Float64Array): Promise<number> {
  const { regression, heldOut, labels, weights } = fold
  const { classes } = regression
  const width = classes.length
  const logs =
    width < 2
      ? new Float64Array(heldOut.length * width)
      : await logProbabilities(features, regression, solution, heldOut)
  let loss = 0
  for (let t = 0; t < heldOut.length; t++) {
    const k = classes.indexOf(labels[t]!)
    loss += weights[t]! * (k < 0 ? UNSEEN_LOSS : -logs[t * width + k]!)
  }
  return loss
}

/** The parts shared by all probes: the data, the splits, and when a probe is undefined. */

export interface ProbeData {
  /** [rows × width] row-major raw features (probes scale them themselves) */
  readonly x: Float32Array | Float64Array
  readonly rows: number
  readonly width: number
  /** [rows] the class of each row, 0 … classes − 1 */
  readonly labels: Int32Array
  readonly classes: number
}

/** Row numbers to fit on and to predict; no image may be on both sides. */
export interface OuterSplit {
  readonly train: Int32Array
  readonly test: Int32Array
}

/** A logistic regression chooses its strength on so many folds of the training images. */
export const INNER_FOLDS = 4

/**
 * Why a probe is undefined: the features are `constant` over the training rows (like `cls` at `embed`), or these have
 * only one class (`one-class`).
 */
export type UndefinedReason = "constant" | "one-class"

export interface UndefinedProbe {
  readonly undefined: UndefinedReason
}

/** Progress and cancellation of a long fit. */
export interface FitControl {
  /** if aborted, the fit rejects with its reason */
  readonly signal?: AbortSignal
  /** called with the completed share, 0 … 1 */
  readonly progress?: (done: number) => void
}

/** @throws RangeError naming the field and the row if shapes, labels, splits or values are inconsistent */
export function checkProbeData(data: ProbeData, outer: ReadonlyArray<OuterSplit>): void {
  const { x, rows, width, labels, classes } = data
  if (x.length !== rows * width) throw new RangeError(`x has ${x.length} values, not ${rows} rows × ${width}`)
  if (labels.length !== rows) throw new RangeError(`labels has ${labels.length} rows and x ${rows}`)
  for (let row = 0; row < rows; row++)
    if (labels[row]! < 0 || labels[row]! >= classes)
      throw new RangeError(`labels[${row}] is ${labels[row]}, not in 0 … ${classes - 1}`)
  for (let i = isAllFinite(x) ? x.length : 0; i < x.length; i++)
    if (!Number.isFinite(x[i]!))
      throw new RangeError(`x is ${x[i]} at row ${Math.floor(i / width)}, feature ${i % width}`)
  outer.forEach(({ train, test }, split) => {
    if (train.length === 0) throw new RangeError(`outer[${split}].train has no rows`)
    const trained = new Uint8Array(rows)
    for (const row of train) {
      if (!(row >= 0 && row < rows)) throw new RangeError(`outer[${split}].train names row ${row} of ${rows}`)
      if (trained[row]) throw new RangeError(`outer[${split}].train names row ${row} twice`)
      trained[row] = 1
    }
    for (const row of test) {
      if (!(row >= 0 && row < rows)) throw new RangeError(`outer[${split}].test names row ${row} of ${rows}`)
      if (trained[row]) throw new RangeError(`outer[${split}]: row ${row} is in train and in test`)
    }
  })
}

/** What is finite less itself is 0, and anything else NaN: this is many times as fast as asking about each. */
function isAllFinite(x: Float32Array | Float64Array): boolean {
  let nothing = 0
  for (let i = 0; i < x.length; i++) nothing += x[i]! - x[i]!
  return nothing === 0
}

/** The classes that occur in some rows, in order: like scikit-learn's, a probe knows no others. */
export function presentClasses(data: Pick<ProbeData, "labels" | "classes">, rows: Int32Array): Array<number> {
  const seen = new Uint8Array(data.classes)
  for (const row of rows) seen[data.labels[row]!] = 1
  return Array.from(seen.keys()).filter((k) => seen[k])
}

/**
 * Whether a feature's values, from `low` to `high`, are equal up to rounding: within eight steps of the data's type.
 * Smaller differences are the runtime's noise, not signal.
 */
export const isRounding = (low: number, high: number, x: Float32Array | Float64Array): boolean =>
  high - low <= (x instanceof Float32Array ? 2 ** -20 : 2 ** -49) * Math.max(Math.abs(low), Math.abs(high))

/** Whether every feature is constant over the rows. */
export function isConstant({ x, width }: Pick<ProbeData, "x" | "width">, rows: Int32Array): boolean {
  for (let j = 0; j < width; j++) {
    let low = Infinity
    let high = -Infinity
    for (const row of rows) {
      const value = x[row * width + j]!
      if (value < low) low = value
      if (value > high) high = value
    }
    if (!isRounding(low, high, x)) return false
  }
  return true
}

/** Lets timers and signals run between two pieces of work. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

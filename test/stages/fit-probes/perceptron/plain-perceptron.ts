/** A plain model of scikit-learn's Perceptron: all sums as it computes them, one after another. */
import type { PerceptronModel } from "../../../../stages/fit-probes/perceptron/fit-perceptron.ts"
import type { ProbeData } from "../../../../stages/fit-probes/data/probe-data.ts"

const MAX_EPOCHS = 1000
const TOLERANCE = 1e-3
const PATIENCE = 5

/** @param seeds the shuffle's seed of each vector; null: no shuffle */
export function plainPerceptron(
  { x, width, labels }: ProbeData,
  train: Int32Array,
  seeds: ReadonlyArray<number> | null
): PerceptronModel {
  const classes = [...new Set(train.map((row) => labels[row]!))].sort((a, b) => a - b)
  const positives = classes.length === 2 ? [classes[1]!] : classes
  const coefficients = new Float64Array(positives.length * width)
  const intercepts = new Float64Array(positives.length)
  const part =
    x instanceof Float32Array
      ? new Float32Array(train.length * width)
      : new Float64Array(train.length * width)
  train.forEach((row, i) => part.set(x.subarray(row * width, (row + 1) * width), i * width))
  let epochs = 0
  for (const [k, positive] of positives.entries()) {
    const signs = Int8Array.from(train, (row) => (labels[row] === positive ? 1 : -1))
    const fit = fitVector(part, width, signs, seeds === null ? null : seeds[k]!)
    coefficients.set(fit.weights, k * width)
    intercepts[k] = fit.intercept
    epochs = Math.max(epochs, fit.epochs)
  }
  return { classes, coefficients, intercepts, epochs }
}

function fitVector(x: Float32Array | Float64Array, width: number, signs: Int8Array, seed: number | null) {
  const round = x instanceof Float32Array ? Math.fround : (value: number) => value
  const weights = x instanceof Float32Array ? new Float32Array(width) : new Float64Array(width)
  const order = Int32Array.from(signs, (_, i) => i)
  let intercept = 0
  let best = Infinity
  let stale = 0
  for (let epochs = 1; ; epochs++) {
    if (seed !== null) shuffleInPlace(order, seed)
    let loss = 0
    for (const row of order) {
      const start = row * width
      let score = 0
      for (let j = 0; j < width; j++) score += round(weights[j]! * x[start + j]!)
      const sign = signs[row]!
      const margin = sign * (score + intercept)
      if (margin > 0) continue
      loss -= margin
      for (let j = 0; j < width; j++) weights[j]! += sign * x[start + j]! // rounded when stored
      intercept += sign
    }
    loss /= signs.length
    if (loss > best - TOLERANCE) stale++
    else stale = 0
    if (loss < best) best = loss
    if (stale >= PATIENCE || epochs >= MAX_EPOCHS) return { weights, intercept, epochs }
  }
}

function shuffleInPlace(order: Int32Array, seed: number): void {
  let state = seed
  const n = order.length
  for (let i = 0; i < n - 1; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    const j = i + ((state & 0x7fffffff) % (n - i))
    const moved = order[i]!
    order[i] = order[j]!
    order[j] = moved
  }
}

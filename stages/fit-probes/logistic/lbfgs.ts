/**
 * L-BFGS as a coroutine: it yields a point and resumes once its loss and gradient are known, so that many problems
 * can advance in lock-step on shared products.
 *
 * Sources: the two-loop recursion, Nocedal and Wright, "Numerical optimization" (2006), algorithm 7.4, with the
 * scaled preconditioner γH₀ as H₀ (their 7.20); the approximate Wolfe condition, Hager and Zhang, SIAM J. Optim. 16
 * (2005), which does not stall on float32 rounding in the loss. The line search looks for the zero of the slope,
 * which rises along any line because the functions are convex.
 */

/** A request for an evaluation at `x`: the caller sets `loss` and fills the others in place. */
export interface Query {
  readonly x: Float64Array
  readonly gradient: Float64Array
  /** H₀ · gradient; H₀ must not change between queries */
  readonly preconditioned: Float64Array
  loss: number
}

export interface Minimum {
  readonly x: Float64Array
  readonly loss: number
  readonly evaluations: number
  /** false if the search hit its limit of steps */
  readonly converged: boolean
}

export interface LbfgsOptions {
  /** stop when the expected remaining decrease is below this share of the loss */
  readonly tolerance: number
  /** number of pairs kept */
  readonly memory?: number
  readonly maxSteps?: number
}

const ARMIJO = 0.1
const WOLFE = 0.9
/** the relative noise of a loss whose scores are float32 */
const NOISE = 1e-7

interface Pair {
  readonly s: Float64Array
  readonly y: Float64Array
  /** H₀ · y */
  readonly hy: Float64Array
  rho: number
  alpha: number
}

export function* lbfgs(start: Float64Array, options: LbfgsOptions): Generator<Query, Minimum, void> {
  const { tolerance, memory = 5, maxSteps = 1000 } = options
  const n = start.length
  const query = (x: Float64Array): Query => ({
    x,
    gradient: new Float64Array(n),
    preconditioned: new Float64Array(n),
    loss: NaN
  })
  let here = query(Float64Array.from(start))
  let there = query(new Float64Array(n))
  const direction = new Float64Array(n)
  const scratch = new Float64Array(n)
  const pairs: Array<Pair> = []
  let evaluations = 1
  yield here
  for (let step = 0; step < maxSteps; step++) {
    let slope = descend(pairs, here, direction, scratch)
    if (!(slope < 0)) {
      pairs.length = 0
      slope = descend(pairs, here, direction, scratch)
    }
    // −slope/2 is the decrease that a Newton step would give
    if (-slope / 2 <= tolerance * Math.abs(here.loss))
      return { x: here.x, loss: here.loss, evaluations, converged: true }

    const noise = NOISE * Math.abs(here.loss)
    let low = 0
    let lowSlope = slope
    let high = Infinity
    let highSlope = 0
    let t = 1
    let accepted = false
    for (let trial = 0; trial < 20 && !accepted; trial++) {
      for (let i = 0; i < n; i++) there.x[i] = here.x[i]! + t * direction[i]!
      evaluations++
      yield there
      const newSlope = dot(there.gradient, direction)
      const decreased =
        there.loss <= here.loss + ARMIJO * t * slope ||
        (there.loss <= here.loss + noise && newSlope <= (2 * ARMIJO - 1) * slope)
      if (decreased && newSlope >= WOLFE * slope) accepted = true
      else if (decreased && newSlope < 0) {
        low = t
        lowSlope = newSlope
        if (high === Infinity) t *= 4
      } else {
        high = t
        highSlope = newSlope
      }
      if (!accepted && high < Infinity) {
        const secant = highSlope > lowSlope ? lowSlope / (lowSlope - highSlope) : 0.5
        t = low + (high - low) * Math.min(0.8, Math.max(0.1, secant))
      }
    }
    // no acceptable step: the gradient is only rounding
    if (!accepted) {
      if (pairs.length === 0) return { x: here.x, loss: here.loss, evaluations, converged: true }
      pairs.length = 0
      continue
    }
    remember(pairs, memory, here, there)
    ;[here, there] = [there, here]
  }
  return { x: here.x, loss: here.loss, evaluations, converged: false }
}

/** Sets direction = −H · gradient; returns its slope. */
function descend(pairs: ReadonlyArray<Pair>, at: Query, direction: Float64Array, q: Float64Array): number {
  const n = direction.length
  const { gradient, preconditioned } = at
  if (pairs.length === 0) {
    for (let i = 0; i < n; i++) direction[i] = -preconditioned[i]!
    return dot(direction, gradient)
  }
  // first loop on q = gradient, updating H₀q alongside
  q.set(gradient)
  direction.set(preconditioned)
  for (let k = pairs.length - 1; k >= 0; k--) {
    const { s, y, hy, rho } = pairs[k]!
    const alpha = rho * dot(s, q)
    pairs[k]!.alpha = alpha
    for (let i = 0; i < n; i++) {
      q[i]! -= alpha * y[i]!
      direction[i]! -= alpha * hy[i]!
    }
  }
  const last = pairs.at(-1)!
  const gamma = 1 / (last.rho * dot(last.y, last.hy))
  for (let i = 0; i < n; i++) direction[i]! *= gamma
  for (const { s, y, rho, alpha } of pairs) {
    const weight = alpha - rho * dot(y, direction)
    for (let i = 0; i < n; i++) direction[i]! += weight * s[i]!
  }
  let slope = 0
  for (let i = 0; i < n; i++) {
    direction[i] = -direction[i]!
    slope += direction[i]! * gradient[i]!
  }
  return slope
}

function remember(pairs: Array<Pair>, memory: number, from: Query, to: Query): void {
  const n = from.x.length
  const recycled = pairs.length === memory ? pairs.shift() : undefined
  const pair = recycled ?? {
    s: new Float64Array(n),
    y: new Float64Array(n),
    hy: new Float64Array(n),
    rho: 0,
    alpha: 0
  }
  const { s, y, hy } = pair
  let sy = 0
  let yhy = 0
  for (let i = 0; i < n; i++) {
    s[i] = to.x[i]! - from.x[i]!
    y[i] = to.gradient[i]! - from.gradient[i]!
    hy[i] = to.preconditioned[i]! - from.preconditioned[i]!
    sy += s[i]! * y[i]!
    yhy += y[i]! * hy[i]!
  }
  if (!(sy > 0) || !(yhy > 0)) return // rounding: no curvature to learn from
  pair.rho = 1 / sy
  pairs.push(pair)
}

function dot(a: Float64Array, b: Float64Array): number {
  let even = 0
  let odd = 0
  const n = a.length & ~1
  for (let i = 0; i < n; i += 2) {
    even += a[i]! * b[i]!
    odd += a[i + 1]! * b[i + 1]!
  }
  return n < a.length ? even + odd + a[n]! * b[n]! : even + odd
}

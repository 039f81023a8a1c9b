/**
 * L-BFGS as a coroutine: it yields a point and resumes once its loss and gradient are known, so that many problems
 * can advance in lock-step on shared products.
 *
 * Sources: the two-loop recursion, Nocedal and Wright, "Numerical optimization" (2006), algorithm 7.4, with the
 * scaled preconditioner γH₀ as H₀ (their 7.20); the approximate Wolfe condition, Hager and Zhang, SIAM J. Optim. 16
 * (2005), which does not stall on float32 rounding in the loss. The line search looks for the zero of the slope,
 * which rises along any line because the functions are convex.
 */
import type { FitKernel } from "./kernel.ts"

/** A request for an evaluation. Its vectors are addresses in the kernel's memory, of as many floats as the problem has. */
export interface Query {
  readonly x: number
  /** to be filled */
  readonly gradient: number
  /** to be filled with H₀ · gradient; H₀ must not change between queries */
  readonly preconditioned: number
  /** to be set */
  loss: number
  /** to be set: the loss on held-out rows, which the search only passes on */
  heldOut: number
}

export interface Minimum {
  readonly x: Float32Array
  readonly loss: number
  readonly heldOut: number
  readonly evaluations: number
  /** false if the search hit its limit of steps */
  readonly converged: boolean
}

/** Pairs kept. With the preconditioner, more do not save evaluations. */
const MEMORY = 4
const ARMIJO = 0.1
const WOLFE = 0.9
/** the relative noise of a loss whose scores are float32 */
const NOISE = 1e-7

interface Pair {
  readonly s: number
  readonly y: number
  /** H₀ · y */
  readonly hy: number
  /** 1 / (s · y) */
  rho: number
  /** y · H₀y */
  yhy: number
  alpha: number
}

/** The memory of one search at a time. */
export interface SearchSpace {
  readonly here: Query
  readonly there: Query
  readonly direction: number
  readonly scratch: number
  readonly pairs: ReadonlyArray<Pair>
}

/** Vectors in a search's memory. */
export const SEARCH_VECTORS = 2 * 3 + 2 + 3 * MEMORY

/** @param floats the longest point */
export function searchSpace(kernel: FitKernel, floats: number): SearchSpace {
  const vector = () => kernel.allocate(floats)
  const query = (): Query => ({
    x: vector(),
    gradient: vector(),
    preconditioned: vector(),
    loss: NaN,
    heldOut: NaN
  })
  return {
    here: query(),
    there: query(),
    direction: vector(),
    scratch: vector(),
    pairs: Array.from({ length: MEMORY }, () => ({
      s: vector(),
      y: vector(),
      hy: vector(),
      rho: 0,
      yhy: 0,
      alpha: 0
    }))
  }
}

/** When a search stops. */
export interface Tolerance {
  /** the expected remaining decrease is at most this share of the loss */
  readonly loss: number
  /** or at most this larger share, and the last step changed the held-out loss by at most such a share of it */
  readonly settled?: { readonly loss: number; readonly heldOut: number }
}
const NEVER = { loss: 0, heldOut: 0 }

export interface LbfgsOptions {
  readonly kernel: FitKernel
  readonly space: SearchSpace
  readonly start: Float32Array
  readonly tolerance: Tolerance
  readonly maxSteps?: number
}

export function* lbfgs(options: LbfgsOptions): Generator<Query, Minimum, void> {
  const {
    kernel,
    space,
    start,
    tolerance: { loss: tolerance, settled = NEVER },
    maxSteps = 1000
  } = options
  const n = start.length
  const { direction, scratch } = space
  let { here, there } = space
  /** unused ones, and the others from old to new */
  const spare = [...space.pairs]
  const pairs: Array<Pair> = []
  const forget = () => spare.push(...pairs.splice(0))
  let evaluations = 1
  /** of the held-out loss in the last step, relative to it */
  let change = Infinity
  const minimum = (converged: boolean): Minimum => ({
    x: kernel.at(here.x, n).slice(),
    loss: here.loss,
    heldOut: here.heldOut,
    evaluations,
    converged
  })
  kernel.at(here.x, n).set(start)
  yield here
  for (let step = 0; step < maxSteps; step++) {
    let slope = descend(kernel, pairs, here, direction, scratch, n)
    if (!(slope < 0)) {
      forget()
      slope = descend(kernel, pairs, here, direction, scratch, n)
    }
    // −slope/2 is the decrease that a Newton step would give
    const left = -slope / 2 / Math.abs(here.loss)
    if (left <= tolerance || (left <= settled.loss && change <= settled.heldOut)) return minimum(true)

    const noise = NOISE * Math.abs(here.loss)
    let low = 0
    let lowSlope = slope
    let high = Infinity
    let highSlope = 0
    let t = 1
    let accepted = false
    for (let trial = 0; trial < 20 && !accepted; trial++) {
      kernel.combine(there.x, here.x, t, direction, n)
      evaluations++
      yield there
      const newSlope = kernel.dot(there.gradient, direction, n)
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
      if (pairs.length === 0) return minimum(true)
      forget()
      continue
    }
    change = Math.abs(there.heldOut / here.heldOut - 1)
    const pair = spare.pop() ?? pairs.shift()!
    ;(difference(kernel, pair, here, there, n) ? pairs : spare).push(pair)
    ;[here, there] = [there, here]
  }
  return minimum(false)
}

/** Sets direction = −H · gradient; returns its slope. */
function descend(
  kernel: FitKernel,
  pairs: ReadonlyArray<Pair>,
  { gradient, preconditioned }: Query,
  direction: number,
  q: number,
  n: number
): number {
  if (pairs.length === 0) kernel.scale(direction, -1, preconditioned, n)
  else {
    // first loop on q = −gradient, updating H₀q alongside
    kernel.scale(q, -1, gradient, n)
    kernel.scale(direction, -1, preconditioned, n)
    for (const pair of pairs.toReversed()) {
      pair.alpha = pair.rho * kernel.dot(pair.s, q, n)
      kernel.combine(q, q, -pair.alpha, pair.y, n)
      kernel.combine(direction, direction, -pair.alpha, pair.hy, n)
    }
    const last = pairs.at(-1)!
    kernel.scale(direction, 1 / (last.rho * last.yhy), direction, n)
    for (const { s, y, rho, alpha } of pairs)
      kernel.combine(direction, direction, alpha - rho * kernel.dot(y, direction, n), s, n)
  }
  return kernel.dot(direction, gradient, n)
}

/** Sets the pair of a step; false if there is only rounding and no curvature to learn from. */
function difference(kernel: FitKernel, pair: Pair, from: Query, to: Query, n: number): boolean {
  kernel.combine(pair.s, to.x, -1, from.x, n)
  kernel.combine(pair.y, to.gradient, -1, from.gradient, n)
  kernel.combine(pair.hy, to.preconditioned, -1, from.preconditioned, n)
  const sy = kernel.dot(pair.s, pair.y, n)
  pair.rho = 1 / sy
  pair.yhy = kernel.dot(pair.y, pair.hy, n)
  return sy > 0 && pair.yhy > 0
}

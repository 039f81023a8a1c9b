/**
 * The kernel's passes over vectors of floats. All addresses are in bytes; lengths are whole multiples of 8 floats, and
 * a pass ends when `target`, or for sums the first vector, reaches `end`. Sums are of doubles.
 */
import { doWhile, func, i32, type Code, type Local } from "../../wasm/code.ts"
import { accumulate, advance, f32, f64, load, loadSplat, promoteHigh, promoteLow, store } from "./simd.ts"

/** Where the host puts numbers that a pass needs, as floats. */
export const FACTOR = 0
export const OTHER_FACTOR = 4
/** Where passes leave sums, as two doubles that the host adds. */
export const SUM = 16
export const OTHER_SUM = 32
/** Constants follow; vectors begin here. */
export const RESERVED = 1024

const factor = loadSplat(i32.const(FACTOR))
const otherFactor = loadSplat(i32.const(OTHER_FACTOR))
/** Eight floats at a time, while the first of the places is before `end`. */
const eightByEight = (
  places: ReadonlyArray<Local>,
  end: Local,
  four: (offset: number) => ReadonlyArray<Code>
) =>
  doWhile(
    [...four(0), ...four(16), ...places.map((place) => advance(place, 32))],
    i32.ltU(places[0]!.get, end.get)
  )
const addFour = (low: Local, high: Local, four: Local): ReadonlyArray<Code> => [
  accumulate(low, promoteLow(four.get)),
  accumulate(high, promoteHigh(four.get))
]

/** SUM = a · b */
const dot = () =>
  func(
    "dot",
    ["a", "b", "end"],
    { four: "v128", low: "v128", high: "v128" },
    ({ a, b, end, four, low, high }) => [
      eightByEight([a, b], end, (offset) => [
        four.set(f32.mul(load(a.get, offset), load(b.get, offset))),
        ...addFour(low, high, four)
      ]),
      store(i32.const(SUM), f64.add(low.get, high.get))
    ]
  )

/** target = a + FACTOR · b */
const combine = () =>
  func("combine", ["target", "a", "b", "end"], { c: "v128" }, ({ target, a, b, end, c }) => [
    c.set(factor),
    eightByEight([target, a, b], end, (offset) => [
      store(target.get, f32.add(load(a.get, offset), f32.mul(c.get, load(b.get, offset))), offset)
    ])
  ])

/** target = FACTOR · a */
const scale = () =>
  func("scale", ["target", "a", "end"], { c: "v128" }, ({ target, a, end, c }) => [
    c.set(factor),
    eightByEight([target, a], end, (offset) => [
      store(target.get, f32.mul(c.get, load(a.get, offset)), offset)
    ])
  ])

/** target = x ⊙ inverse; SUM = mean · target */
const foldScaling = () =>
  func(
    "foldScaling",
    ["target", "x", "inverse", "mean", "end"],
    { four: "v128", low: "v128", high: "v128" },
    ({ target, x, inverse, mean, end, four, low, high }) => [
      eightByEight([target, x, inverse, mean], end, (offset) => [
        four.set(f32.mul(load(x.get, offset), load(inverse.get, offset))),
        store(target.get, four.get, offset),
        four.set(f32.mul(four.get, load(mean.get, offset))),
        ...addFour(low, high, four)
      ]),
      store(i32.const(SUM), f64.add(low.get, high.get))
    ]
  )

/** target = (products − FACTOR · mean) ⊙ gain + OTHER_FACTOR · x */
const gradient = () =>
  func(
    "gradient",
    ["target", "products", "mean", "gain", "x", "end"],
    { sum: "v128", shrink: "v128" },
    ({ target, products, mean, gain, x, end, sum, shrink }) => [
      sum.set(factor),
      shrink.set(otherFactor),
      eightByEight([target, products, mean, gain, x], end, (offset) => [
        store(
          target.get,
          f32.add(
            f32.mul(
              f32.sub(load(products.get, offset), f32.mul(sum.get, load(mean.get, offset))),
              load(gain.get, offset)
            ),
            f32.mul(shrink.get, load(x.get, offset))
          ),
          offset
        )
      ])
    ]
  )

/** target = (products + FACTOR · gradient) ⊙ mask */
const precondition = () =>
  func(
    "precondition",
    ["target", "products", "gradient", "mask", "end"],
    { tau: "v128" },
    ({ target, products, gradient: g, mask, end, tau }) => [
      tau.set(factor),
      eightByEight([target, products, g, mask], end, (offset) => [
        store(
          target.get,
          f32.mul(
            f32.add(load(products.get, offset), f32.mul(tau.get, load(g.get, offset))),
            load(mask.get, offset)
          ),
          offset
        )
      ])
    ]
  )

/** SUM = Σ |r| − r²/w, where w > 0 */
const curvature = () =>
  func(
    "curvature",
    ["residuals", "weights", "end"],
    { four: "v128", low: "v128", high: "v128" },
    ({ residuals, weights, end, four, low, high }) => [
      eightByEight([residuals, weights], end, (offset) => [
        four.set(f32.abs(load(residuals.get, offset))),
        // elsewhere r is 0
        four.set(
          f32.sub(
            four.get,
            f32.div(f32.mul(four.get, four.get), f32.max(load(weights.get, offset), f32.const(1e-30)))
          )
        ),
        ...addFour(low, high, four)
      ]),
      store(i32.const(SUM), f64.add(low.get, high.get))
    ]
  )

export const vectorPasses = () => [
  curvature(),
  dot(),
  combine(),
  scale(),
  foldScaling(),
  gradient(),
  precondition()
]

/**
 * The kernel's passes over vectors of floats. All addresses are in bytes; lengths are whole multiples of 8 floats, and
 * a pass ends when `target`, or for sums the first vector, reaches `end`. Sums are of doubles.
 */
import { doWhile, func, i32, type Code, type Local } from "../../wasm/code.ts"
import { access, f32x4, f64x2 } from "../../wasm/floats.ts"
import { float32s, advance, accumulate } from "./constants.ts"

/** Where the host puts numbers that a pass needs, as floats. */
export const FACTOR = 0
export const OTHER_FACTOR = 4
/** Where passes leave sums, as two doubles that the host adds. */
export const SUM = 16
export const OTHER_SUM = 32
/** Constants follow; vectors begin here. */
export const RESERVED = 1024

const factor = access.loadSplat(i32.const(FACTOR))
const otherFactor = access.loadSplat(i32.const(OTHER_FACTOR))
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
  accumulate(low, f64x2.fromLow(four.get)),
  accumulate(high, f64x2.fromHigh(four.get))
]

/** SUM = a · b */
const dot = () =>
  func(
    "dot",
    ["a", "b", "end"],
    { four: "v128", low: "v128", high: "v128" },
    ({ a, b, end, four, low, high }) => [
      eightByEight([a, b], end, (offset) => [
        four.set(f32x4.times(access.load(a.get, offset), access.load(b.get, offset))),
        ...addFour(low, high, four)
      ]),
      access.store(i32.const(SUM), f64x2.plus(low.get, high.get))
    ]
  )

/** target = a + FACTOR · b */
const combine = () =>
  func("combine", ["target", "a", "b", "end"], { c: "v128" }, ({ target, a, b, end, c }) => [
    c.set(factor),
    eightByEight([target, a, b], end, (offset) => [
      access.store(
        target.get,
        f32x4.plus(access.load(a.get, offset), f32x4.times(c.get, access.load(b.get, offset))),
        offset
      )
    ])
  ])

/** target = FACTOR · a */
const scale = () =>
  func("scale", ["target", "a", "end"], { c: "v128" }, ({ target, a, end, c }) => [
    c.set(factor),
    eightByEight([target, a], end, (offset) => [
      access.store(target.get, f32x4.times(c.get, access.load(a.get, offset)), offset)
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
        four.set(f32x4.times(access.load(x.get, offset), access.load(inverse.get, offset))),
        access.store(target.get, four.get, offset),
        four.set(f32x4.times(four.get, access.load(mean.get, offset))),
        ...addFour(low, high, four)
      ]),
      access.store(i32.const(SUM), f64x2.plus(low.get, high.get))
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
        access.store(
          target.get,
          f32x4.plus(
            f32x4.times(
              f32x4.minus(
                access.load(products.get, offset),
                f32x4.times(sum.get, access.load(mean.get, offset))
              ),
              access.load(gain.get, offset)
            ),
            f32x4.times(shrink.get, access.load(x.get, offset))
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
        access.store(
          target.get,
          f32x4.times(
            f32x4.plus(access.load(products.get, offset), f32x4.times(tau.get, access.load(g.get, offset))),
            access.load(mask.get, offset)
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
        four.set(f32x4.abs(access.load(residuals.get, offset))),
        // elsewhere r is 0
        four.set(
          f32x4.minus(
            four.get,
            f32x4.over(
              f32x4.times(four.get, four.get),
              f32x4.max(access.load(weights.get, offset), float32s(1e-30))
            )
          )
        ),
        ...addFour(low, high, four)
      ]),
      access.store(i32.const(SUM), f64x2.plus(low.get, high.get))
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

/**
 * e^x on four floats and ln(1 + x) on two doubles, in WebAssembly's vector instructions.
 *
 * Sources: Cody and Waite, "Software manual for the elementary functions" (1980), for the reduction x = n·ln 2 + r; the
 * polynomial of expf in the Cephes library, S. L. Moshier, https://www.netlib.org/cephes/; s_log1p of fdlibm 5.3 for ln.
 */
import { type Code, i32, i32x4, type Local } from "../../wasm/code.ts"
import { bits, f32x4, f64x2, i64x2 } from "../../wasm/floats.ts"
import { float32s, float64s, int64s } from "./constants.ts"

/** c₀ + x(c₁ + x(c₂ + …)) */
const polynomial = (
  { plus, times }: typeof f32x4 | typeof f64x2,
  constant: (value: number) => Code,
  x: Local,
  coefficients: ReadonlyArray<number>
): Code =>
  coefficients.reduceRight<Code>(
    (sum, c) => (sum.length === 0 ? constant(c) : plus(constant(c), times(x.get, sum))),
    []
  )

/** Below this, e^x is taken to be e^−87, about 1e-38: the smallest normal floats end there. */
const LOWEST = -87
// ln 2 in two parts; the first has few digits, so that its product with n is exact
const [LN2_HIGH, LN2_LOW] = [0.693359375, -2.1219444e-4]
// e^r = 1 + r + r²·p(r)
const EXP = [
  5.0000001201e-1, 1.6666665459e-1, 4.1665795894e-2, 8.3334519073e-3, 1.3981999507e-3, 1.98756915e-4
]

/** Sets x to e^x, for x ≤ 0, with a relative error below 2e-7; e^0 is 1. Uses `n` and `r`. */
export const expOfNonPositive = (x: Local, n: Local, r: Local): Code => [
  ...x.set(f32x4.max(x.get, float32s(LOWEST))),
  ...n.set(f32x4.nearest(f32x4.times(x.get, float32s(Math.LOG2E)))),
  ...r.set(
    f32x4.minus(
      f32x4.minus(x.get, f32x4.times(n.get, float32s(LN2_HIGH))),
      f32x4.times(n.get, float32s(LN2_LOW))
    )
  ),
  ...x.set(
    f32x4.plus(
      f32x4.plus(f32x4.times(f32x4.times(r.get, r.get), polynomial(f32x4, float32s, r, EXP)), r.get),
      float32s(1)
    )
  ),
  // times 2ⁿ, whose exponent is n + 127
  ...x.set(
    f32x4.times(
      x.get,
      i32x4.shl(i32x4.plus(f32x4.toI32x4(n.get), i32x4.splat(i32.const(127))), i32.const(23))
    )
  )
]

const ONE = 0x3ff0000000000000n
const HALF_ROOT = 0x3fe6a09e667f3bcdn
const FRACTION = 0x000fffffffffffffn
/** 1.5 · 2⁵²: a whole number added to its bits is added to its value */
const WHOLE = 0x4338000000000000n
// fdlibm's ln(1 + f) in powers of z = (f/(2 + f))²
const LOG = [
  6.66666666666673513e-1, 3.999999999940941908e-1, 2.857142874366239149e-1, 2.222219843214978396e-1,
  1.818357216161805012e-1, 1.531383769920937332e-1, 1.479819860511658591e-1
]

/**
 * Sets x to ln(1 + x), for x ≥ 0, with a relative error below 1e-15. With 1 + x = 2ᵏ(1 + f), √½ ≤ 1 + f < √2, it is
 * k·ln 2 + ln(1 + f), corrected for the rounding of 1 + x. Uses the other locals.
 */
export const log1pOf = (x: Local, sum: Local, k: Local, f: Local, s: Local, z: Local): Code => [
  ...sum.set(f64x2.plus(x.get, float64s(1))),
  // the correction
  ...x.set(f64x2.over(f64x2.minus(x.get, f64x2.minus(sum.get, float64s(1))), sum.get)),
  ...sum.set(i64x2.plus(sum.get, int64s(ONE - HALF_ROOT))),
  ...k.set(f64x2.minus(i64x2.plus(i64x2.shrU(sum.get, i32.const(52)), int64s(WHOLE - 1023n)), int64s(WHOLE))),
  ...f.set(f64x2.minus(i64x2.plus(bits.and(sum.get, int64s(FRACTION)), int64s(HALF_ROOT)), float64s(1))),
  ...s.set(f64x2.over(f.get, f64x2.plus(f.get, float64s(2)))),
  ...z.set(f64x2.times(s.get, s.get)),
  ...z.set(f64x2.times(z.get, polynomial(f64x2, float64s, z, LOG))),
  ...sum.set(f64x2.times(f64x2.times(f.get, f.get), float64s(0.5))),
  // k ln 2 + (f − (f²/2 − s(f²/2 + z))) + the correction
  ...x.set(
    f64x2.plus(
      f64x2.times(k.get, float64s(Math.LN2)),
      f64x2.plus(
        f64x2.minus(f.get, f64x2.minus(sum.get, f64x2.times(s.get, f64x2.plus(sum.get, z.get)))),
        x.get
      )
    )
  )
]

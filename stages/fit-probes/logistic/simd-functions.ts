/**
 * e^x on four floats and ln(1 + x) on two doubles, in WebAssembly's vector instructions.
 *
 * Sources: Cody and Waite, "Software manual for the elementary functions" (1980), for the reduction x = n·ln 2 + r; the
 * polynomial of expf in the Cephes library, S. L. Moshier, https://www.netlib.org/cephes/; s_log1p of fdlibm 5.3 for ln.
 */
import { type Code, i32, type Local } from "../../wasm/code.ts"
import { and, f32, f64, int32, int64 } from "./simd.ts"

/** c₀ + x(c₁ + x(c₂ + …)) */
const polynomial = (of: typeof f32 | typeof f64, x: Local, coefficients: ReadonlyArray<number>): Code =>
  coefficients.reduceRight<Code>(
    (sum, c) => (sum.length === 0 ? of.const(c) : of.add(of.const(c), of.mul(x.get, sum))),
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
  ...x.set(f32.max(x.get, f32.const(LOWEST))),
  ...n.set(f32.nearest(f32.mul(x.get, f32.const(Math.LOG2E)))),
  ...r.set(f32.sub(f32.sub(x.get, f32.mul(n.get, f32.const(LN2_HIGH))), f32.mul(n.get, f32.const(LN2_LOW)))),
  ...x.set(f32.add(f32.add(f32.mul(f32.mul(r.get, r.get), polynomial(f32, r, EXP)), r.get), f32.const(1))),
  // times 2ⁿ, whose exponent is n + 127
  ...x.set(f32.mul(x.get, int32.shl(int32.add(f32.toInt(n.get), int32.splat(i32.const(127))), i32.const(23))))
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
  ...sum.set(f64.add(x.get, f64.const(1))),
  // the correction
  ...x.set(f64.div(f64.sub(x.get, f64.sub(sum.get, f64.const(1))), sum.get)),
  ...sum.set(int64.add(sum.get, int64.const(ONE - HALF_ROOT))),
  ...k.set(
    f64.sub(int64.add(int64.shrU(sum.get, i32.const(52)), int64.const(WHOLE - 1023n)), int64.const(WHOLE))
  ),
  ...f.set(f64.sub(int64.add(and(sum.get, int64.const(FRACTION)), int64.const(HALF_ROOT)), f64.const(1))),
  ...s.set(f64.div(f.get, f64.add(f.get, f64.const(2)))),
  ...z.set(f64.mul(s.get, s.get)),
  ...z.set(f64.mul(z.get, polynomial(f64, z, LOG))),
  ...sum.set(f64.mul(f64.mul(f.get, f.get), f64.const(0.5))),
  // k ln 2 + (f − (f²/2 − s(f²/2 + z))) + the correction
  ...x.set(
    f64.add(
      f64.mul(k.get, f64.const(Math.LN2)),
      f64.add(f64.sub(f.get, f64.sub(sum.get, f64.mul(s.get, f64.add(sum.get, z.get)))), x.get)
    )
  )
]

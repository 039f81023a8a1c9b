/**
 * exp, log and log1p with the same bits on every machine and in every version of Node.
 *
 * ECMAScript leaves the last bits of `Math.exp` and the like to the engine, and V8 has changed some of them before.
 * Code whose results enter an artifact therefore calls these functions and those of `trigonometric.ts`. They use only
 * +, −, ×, ÷ and √, which IEEE 754 defines to the last bit. Their error is below 1 ulp.
 *
 * Source: the algorithms and polynomials of fdlibm 5.3 (Sun Microsystems, 1993), https://www.netlib.org/fdlibm/:
 * e_exp, e_log and s_log1p.
 */
import { highWord, withHighWord } from "./float-words.ts"

/** ln 2 in two parts. The first ends in zeros, so that its product with an exponent is exact. */
const LN2_HIGH = 6.9314718036912381649e-1
const LN2_LOW = 1.90821492927058770002e-10

/** 2ᵏ for −1022 ≤ k ≤ 1023. */
const powerOfTwo = (k: number): number => withHighWord(0, (1023 + k) << 20)

/** eˣ. With x = k·ln 2 + r and |r| ≤ ½ ln 2, eˣ = 2ᵏ·eʳ; a rational function gives eʳ. */
export function exp(x: number): number {
  if (x > 709.782712893384) return Infinity
  if (x < -745.1332191019411) return 0
  if (x === 1) return Math.E // the formula is wrong in the last bit here
  if (!(Math.abs(x) >= 2 ** -28)) return 1 + x // NaN as well
  const k = Math.trunc(x * Math.LOG2E + (x < 0 ? -0.5 : 0.5))
  const high = x - k * LN2_HIGH
  const low = k * LN2_LOW
  const r = high - low
  const z = r * r
  const c =
    r -
    z *
      (1.66666666666666019037e-1 +
        z *
          (-2.77777777770155933842e-3 +
            z *
              (6.61375632143793436117e-5 + z * (-1.6533902205465251539e-6 + z * 4.13813679705723846039e-8))))
  if (k === 0) return 1 - ((r * c) / (c - 2) - r)
  const y = 1 - (low - (r * c) / (2 - c) - high)
  if (k === 1024) return y * 2 * powerOfTwo(1023)
  // a subnormal result is rounded once, by the last product
  return k >= -1021 ? y * powerOfTwo(k) : y * powerOfTwo(k + 1000) * 2 ** -1000
}

/**
 * The natural logarithm. With x = 2ᵏ(1 + f) and √½ < 1 + f < √2 it is k·ln 2 + ln(1 + f), where ln(1 + f) is
 * a polynomial in f/(2 + f).
 */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN
  if (x === Infinity) return x
  const isSubnormal = x < 2 ** -1022
  const normal = isSubnormal ? x * 2 ** 54 : x
  const high = highWord(normal)
  const fraction = high & 0xfffff
  // 0x100000 if 1 + f would exceed √2: it is then halved
  const halved = (fraction + 0x95f64) & 0x100000
  const k = (high >> 20) - (isSubnormal ? 1077 : 1023) + (halved >> 20)
  const f = withHighWord(normal, fraction | (halved ^ 0x3ff00000)) - 1
  if (((2 + fraction) & 0xfffff) < 3) {
    // |f| < 2⁻²⁰
    if (f === 0) return k === 0 ? 0 : k * LN2_HIGH + k * LN2_LOW
    const tail = f * f * (0.5 - 0.3333333333333333 * f)
    return k === 0 ? f - tail : k * LN2_HIGH - (tail - k * LN2_LOW - f)
  }
  const s = f / (2 + f)
  const z = s * s
  const w = z * z
  const odd = z * (L1 + w * (L3 + w * (L5 + w * L7)))
  const even = w * (L2 + w * (L4 + w * L6))
  const tail = even + odd
  // of two forms of the same sum, the first loses less if f is not close to 0
  if (((fraction - 0x6147a) | (0x6b851 - fraction)) > 0) {
    const half = 0.5 * f * f
    return k === 0
      ? f - (half - s * (half + tail))
      : k * LN2_HIGH - (half - (s * (half + tail) + k * LN2_LOW) - f)
  }
  return k === 0 ? f - s * (f - tail) : k * LN2_HIGH - (s * (f - tail) - k * LN2_LOW - f)
}

/** The coefficients of ln(1 + f) in powers of (f/(2 + f))². */
const L1 = 6.66666666666673513e-1
const L2 = 3.999999999940941908e-1
const L3 = 2.857142874366239149e-1
const L4 = 2.222219843214978396e-1
const L5 = 1.818357216161805012e-1
const L6 = 1.531383769920937332e-1
const L7 = 1.479819860511658591e-1

/**
 * ln(1 + x), accurate for small x too.
 *
 * Computed as k·ln 2 + ln(1 + f) like `log`, and corrected for the rounding error of 1 + x.
 */
export function log1p(x: number): number {
  if (x > -0.2928932309150696 && x < 0.41421365737915) {
    const size = Math.abs(x)
    if (size < 2 ** -29) return size < 2 ** -54 ? x : x - x * x * 0.5
    return x - tailOf(x, 0)
  }
  // up to 1, the range of a logistic loss, the sum is not split into words, which would cost as much as all
  // the rest
  if (x > 0.4142137 && x < 0.9999) {
    const sum = 1 + x
    const f = sum * 0.5 - 1
    return LN2_HIGH - (tailOf(f, LN2_LOW + (x - (sum - 1)) / sum) - f)
  }
  return farLog1p(x)
}

/** f − ln(1 + f) − rest */
function tailOf(f: number, rest: number): number {
  const half = 0.5 * f * f
  const s = f / (2 + f)
  const z = s * s
  const tail = z * (L1 + z * (L2 + z * (L3 + z * (L4 + z * (L5 + z * (L6 + z * L7))))))
  return half - (s * (half + tail) + rest)
}

function farLog1p(x: number): number {
  if (!(x > -1)) return x === -1 ? -Infinity : NaN
  if (x === Infinity) return x
  const sum = x < 2 ** 53 ? 1 + x : x
  const high = highWord(sum)
  const fraction = high & 0xfffff
  const exponent = (high >> 20) - 1023
  const lost = x < 2 ** 53 ? (exponent > 0 ? 1 - (sum - x) : x - (sum - 1)) / sum : 0
  const isHalved = fraction >= 0x6a09e
  const k = isHalved ? exponent + 1 : exponent
  const f = withHighWord(sum, fraction | (isHalved ? 0x3fe00000 : 0x3ff00000)) - 1
  const rest = k * LN2_LOW + lost
  if ((isHalved ? (0x100000 - fraction) >> 2 : fraction) > 0) return k * LN2_HIGH - (tailOf(f, rest) - f)
  // |f| < 2⁻²⁰
  if (f === 0) return k * LN2_HIGH + (lost + k * LN2_LOW)
  const tail = 0.5 * f * f * (1 - 0.6666666666666666 * f)
  return k * LN2_HIGH - (tail - rest - f)
}

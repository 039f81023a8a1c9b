/**
 * sin, cos and acos with the same bits on every machine and in every version of Node (see `exponential.ts`), with an
 * error below 1 ulp.
 *
 * Source: the algorithms and polynomials of fdlibm 5.3 (Sun Microsystems, 1993), https://www.netlib.org/fdlibm/:
 * k_sin, k_cos, e_rem_pio2 and e_acos.
 */
import { highWord, withHighWord, withoutLowWord } from "./float-words.ts"

/** π/2 in parts of 33 bits, each followed by the remainder. */
const HALF_PI = [1.57079632673412561417, 6.0771005063039659766e-11, 2.0222662487111664558e-21] as const
const HALF_PI_REST = [
  6.07710050650619224932e-11, 2.02226624879595063154e-21, 8.47842766036889956997e-32
] as const

/** The sine of an angle in radians. */
export const sin = (x: number): number => shiftedSin(x, 0)

/** The cosine of an angle in radians. */
export const cos = (x: number): number => shiftedSin(x, 1)

/** sin(x + turns·π/2). With x = n·π/2 + r and |r| ≤ π/4 it is ± sin r or ± cos r. */
function shiftedSin(x: number, turns: 0 | 1): number {
  const size = Math.abs(x)
  if (!(size < Infinity)) return NaN
  if (size <= Math.PI / 4) return turns === 0 ? nearSin(x, 0) : nearCos(x, 0)
  const [n, high, low] = size > 823_549 ? reduceLarge(size) : reduce(size)
  const quarter = ((x < 0 ? -n : n) + turns) & 3
  const value = quarter % 2 === 1 ? nearCos(high, low) : x < 0 ? -nearSin(high, low) : nearSin(high, low)
  return quarter < 2 ? value : -value
}

type Reduced = readonly [n: number, high: number, low: number]

/** Subtracts n·π/2 from x, with as many parts of π/2 as the cancelled bits require. */
function reduce(x: number): Reduced {
  const n = Math.trunc(x * 0.63661977236758138243 + 0.5)
  const exponent = highWord(x) >> 20
  let rest = x
  for (let part = 0; ; part++) {
    const before = rest
    const taken = n * HALF_PI[part]!
    rest = before - taken
    const small = n * HALF_PI_REST[part]! - (before - rest - taken)
    const high = rest - small
    const cancelled = exponent - ((highWord(high) >> 20) & 0x7ff)
    if (part === 2 || cancelled <= (part === 0 ? 16 : 49)) return [n, high, rest - high - small]
  }
}

/** The same in integers, for an x that needs more than three parts of π/2 (Payne and Hanek, 1983). */
function reduceLarge(x: number): Reduced {
  const word = highWord(x)
  const bits = BigInt(1200 + 1075 - (word >> 20))
  const quarters = BigInt(withHighWord(x, (word & 0xfffff) | (1075 << 20))) * TWO_OVER_PI
  const n = (quarters + (1n << (bits - 1n))) >> bits
  const rest = (((quarters - (n << bits)) >> (bits - 224n)) * HALF_PI_240) >> 240n
  const high = Number(rest)
  return [Number(n & 3n), high * 2 ** -224, Number(rest - BigInt(high)) * 2 ** -224]
}

/** 2/π · 2¹²⁰⁰ and π/2 · 2²⁴⁰, rounded down. */
const TWO_OVER_PI = BigInt(
  "0xa2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a424dd2e006492eea09d1921cfe1d" +
    "eb1cb129a73ee88235f52ebb4484e99c7026b45f7e413991d639835339f49c845f8bbdf9283b1ff897ffde05980fef2f118b" +
    "5a0a6d1f6d367ecf27cb09b74f463f669e5fea2d7527bac7ebe5f17b3d0739f78a5292ea6bfb5fb11f8d5d0856033046fc7b"
)
const HALF_PI_240 = 0x1921fb54442d18469898cc51701b839a252049c1114cf98e804177d4c7627n

/** sin(x + low) for |x| ≤ π/4. */
function nearSin(x: number, low: number): number {
  if (Math.abs(x) < 2 ** -27) return x
  const z = x * x
  const cube = z * x
  const tail =
    8.33333333332248946124e-3 +
    z *
      (-1.98412698298579493134e-4 +
        z * (2.75573137070700676789e-6 + z * (-2.50507602534068634195e-8 + z * 1.58969099521155010221e-10)))
  const first = -1.66666666666666324348e-1
  return low === 0 ? x + cube * (first + z * tail) : x - (z * (0.5 * low - cube * tail) - low - cube * first)
}

/** cos(x + low) for |x| ≤ π/4. */
function nearCos(x: number, low: number): number {
  const size = Math.abs(x)
  if (size < 2 ** -27) return 1
  const z = x * x
  const tail =
    z *
    (4.16666666666666019037e-2 +
      z *
        (-1.38888888888741095749e-3 +
          z *
            (2.48015872894767294178e-5 +
              z *
                (-2.75573143513906633035e-7 +
                  z * (2.0875723212981748279e-9 + z * -1.13596475577881948265e-11)))))
  if (size < 0.3) return 1 - (0.5 * z - (z * tail - x * low))
  // about x²/2, with few bits: 1 minus it is exact
  const part = size > 0.78125 ? 0.28125 : withoutLowWord(size / 4)
  return 1 - part - (0.5 * z - part - (z * tail - x * low))
}

/** The arc cosine, in radians. */
export function acos(x: number): number {
  const size = Math.abs(x)
  if (!(size <= 1)) return NaN
  if (x === 1) return 0
  if (x === -1) return Math.PI
  if (size < 0.5) return Math.PI / 2 - (x - (HALF_PI_LOW - x * asinTail(x * x)))
  const z = (1 - size) * 0.5
  const root = Math.sqrt(z)
  if (x < 0) return Math.PI - 2 * (root + (asinTail(z) * root - HALF_PI_LOW))
  const high = withoutLowWord(root)
  const low = (z - high * high) / (root + high)
  return 2 * (high + (asinTail(z) * root + low))
}

/** π/2 minus its float64. */
const HALF_PI_LOW = 6.12323399573676603587e-17

/** (asin y − y)/y for y² = z ≤ ¼. */
function asinTail(z: number): number {
  const above =
    z *
    (1.66666666666666657415e-1 +
      z *
        (-3.25565818622400915405e-1 +
          z *
            (2.01212532134862925881e-1 +
              z *
                (-4.00555345006794114027e-2 +
                  z * (7.91534994289814532176e-4 + z * 3.4793310759602116757e-5)))))
  const below =
    1 +
    z *
      (-2.40339491173441421878 +
        z * (2.02094576023350569471 + z * (-6.8828397160545329303e-1 + z * 7.70381505559019352791e-2)))
  return above / below
}

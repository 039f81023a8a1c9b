/**
 * The elementary functions to 400 bits behind the point, in whole numbers: what the float64 ones are measured by.
 *
 * Every function takes and gives a fixed-point number, x · 2⁴⁰⁰.
 */
const BITS = 400n
const ONE = 1n << BITS

/** The fixed-point number of a float64, exact from 2⁻³⁴⁷ on. */
export function fixed(x: number): bigint {
  let exponent = 0
  let whole = x
  while (whole !== Math.trunc(whole)) {
    whole *= 2
    exponent++
  }
  return (BigInt(whole) << BITS) >> BigInt(exponent)
}

const times = (a: bigint, b: bigint) => (a * b) >> BITS
const over = (a: bigint, b: bigint) => (a << BITS) / b

/** Σ terms, each made of the one before, until they vanish. */
function series(first: bigint, next: (term: bigint, n: bigint) => bigint): bigint {
  let sum = 0n
  for (let [term, n] = [first, 1n]; term !== 0n && term !== -1n; term = next(term, n), n++) sum += term
  return sum
}

/** 2 · artanh s, for a small s. */
function twiceArtanh(s: bigint): bigint {
  let sum = 0n
  for (let [power, n] = [s, 1n]; power !== 0n && power !== -1n; power = times(power, times(s, s)), n += 2n)
    sum += power / n
  return 2n * sum
}
const LN2 = twiceArtanh(ONE / 3n)

/** arctan 1/n, by Gregory's series. */
function arctanOfInverse(n: bigint): bigint {
  let sum = 0n
  for (let [power, k] = [ONE / n, 1n]; power !== 0n; power /= n * n, k += 2n)
    sum += k % 4n === 1n ? power / k : -power / k
  return sum
}
/** Machin's formula. */
const PI = 4n * (4n * arctanOfInverse(5n) - arctanOfInverse(239n))

/** Halves the argument 8 times, and squares the sum of the series as often. */
function exp(x: bigint): bigint {
  const small = x >> 8n
  let power = series(ONE, (term, n) => times(term, small) / n)
  for (let i = 0; i < 8; i++) power = times(power, power)
  return power
}

function log(x: bigint): bigint {
  let k = 0n
  let m = x
  for (; m > (3n * ONE) / 2n; k++) m >>= 1n
  for (; m < (3n * ONE) / 4n; k--) m <<= 1n
  // a float64 has 53 bits, so that the shifts drop only zeros
  return k * LN2 + twiceArtanh(over(m - ONE, m + ONE))
}

const log1p = (x: bigint): bigint => log(ONE + x)

function cos(x: bigint): bigint {
  const angle = x % (2n * PI)
  return series(ONE, (term, n) => -times(term, times(angle, angle)) / ((2n * n - 1n) * (2n * n)))
}

const sin = (x: bigint): bigint => cos(x - PI / 2n)

export const references = { exp, log, log1p, sin, cos }

/** How far `y` is from arccos x, by one step of Newton's method: its error is the square of that distance. */
export const acosError = (x: bigint, y: bigint): bigint => over(cos(y) - x, sin(y))

/** The distance of a float64 from a fixed-point number, in units of the float64's last place. */
export function ulps(value: number, exact: bigint): number {
  return inUlps(value, fixed(value) - exact)
}

/** A fixed-point difference in units of a float64's last place. */
export function inUlps(value: number, difference: bigint): number {
  const bits = new BigInt64Array(Float64Array.of(Math.abs(value)).buffer)
  bits[0]! -= 1n
  const below = new Float64Array(bits.buffer)[0]!
  const spacing = fixed(Math.abs(value) - below)
  return Math.abs(Number((difference << 20n) / spacing)) / 2 ** 20
}

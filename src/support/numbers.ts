/** Formats numbers for people. */

/** `14,916` */
export const count = (n: number): string => String(Math.trunc(n)).replace(/\B(?=(\d{3})+$)/g, ",")

/** `1 item`, `400 items` */
export const counted = (n: number, noun: string): string => `${count(n)} ${n === 1 ? noun : plural(noun)}`
const plural = (noun: string): string =>
  /[^aeiou]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : /(?:s|x|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`

/** Decimal units, as disks are sold and `ls --si` prints: `512 B`, `3.4 MB`. */
export function bytes(n: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"]
  let unit = 0
  while (n >= 999.5 && unit < units.length - 1) {
    n /= 1000
    unit++
  }
  return `${unit === 0 || n >= 99.95 ? Math.round(n) : n.toFixed(1)} ${units[unit]}`
}

/** `0.12 s`, `8.4 s`, `42 s`, `2 min 05 s`, `1 h 03 min` */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(seconds < 0.995 ? 2 : 1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const two = (n: number) => String(n).padStart(2, "0")
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`
  const minutes = Math.round(whole / 60)
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`
}

/** A rate per second: `0.42/s`, `12/s`, `1,204/s` */
export const rate = (perSecond: number): string =>
  `${perSecond < 1 ? perSecond.toFixed(2) : perSecond < 9.95 ? perSecond.toFixed(1) : count(Math.round(perSecond))}/s`

/** A statistic to four digits; integers in full. */
export function statistic(value: number): string {
  if (!Number.isFinite(value) || (Number.isInteger(value) && Math.abs(value) < 1e15)) return String(value)
  const size = Math.abs(value)
  if (size >= 1e6 || size < 1e-4) return value.toExponential(3)
  return String(Number(value.toPrecision(4)))
}

/** The first 12 digits of a digest, enough to tell artifacts apart. */
export const shortDigest = (digest: string): string => digest.slice(0, 12)

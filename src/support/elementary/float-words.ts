/** Access to the bits of a float64 as two 32-bit words. */

/** A float64 and its bits. */
const float = new Float64Array(1)
const words = new Int32Array(float.buffer)
/** The indices of the low and the high word, which depend on the machine's byte order. */
const [LOW, HIGH] = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? [0, 1] : [1, 0]

/** The sign, the exponent and the first 20 bits of the fraction. */
export function highWord(x: number): number {
  float[0] = x
  return words[HIGH]!
}

export function withHighWord(x: number, high: number): number {
  float[0] = x
  words[HIGH] = high
  return float[0]
}

export function withoutLowWord(x: number): number {
  float[0] = x
  words[LOW] = 0
  return float[0]
}

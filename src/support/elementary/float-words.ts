/** The bits of a float64, in words of 32. */

/** A float64 and its bits. */
const float = new Float64Array(1)
const words = new Int32Array(float.buffer)
/** The indices of the low and the high word, by the byte order of the machine. */
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

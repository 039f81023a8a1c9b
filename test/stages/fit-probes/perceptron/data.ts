/** Random data of every kind that may upset the quick scores. */
import { below, normal, type Random } from "../../../../src/index.ts"

/** a value of feature j */
type Value = (random: Random, j: number) => number

export const kinds: Readonly<Record<string, Value>> = {
  normal,
  "one offset": (random) => 1e4 + normal(random),
  large: (random) => 1e6 * normal(random),
  tiny: (random) => 1e-20 * normal(random),
  subnormal: (random) => 1e-40 * normal(random),
  "too large for the bound": (random) => 1e18 * normal(random),
  "large and tiny": (random, j) => (j % 2 ? 1e6 : 1e-20) * normal(random),
  "some dominate": (random, j) => (j % 7 === 3 ? 300 + 30 * normal(random) : normal(random)),
  "all exponents": (random) => (random() - 0.5) * 2 ** (below(random, 80) - 40),
  "small whole numbers": (random) => below(random, 3) - 1,
  "one of two": (random, j) => (j === 0 ? Number(random() < 0.5) : 1)
}

/** Rows of such values; a class shifts its rows by `signal` times the value at its own features. */
export function dataOf(random: Random, kind: string, rows: number, width: number, classes: number) {
  const value = kinds[kind]!
  const signal = [0, 0, 1, 3][below(random, 4)]!
  const labels = Int32Array.from({ length: rows }, () => below(random, classes))
  const constant = below(random, width + 3)
  const x = new Float32Array(rows * width)
  for (let row = 0; row < rows; row++) {
    // every sixth row is the copy of another, maybe with another label
    const copied = row > 0 && random() < 1 / 6 ? below(random, row) : row
    for (let j = 0; j < width; j++) {
      const drawn = value(random, j) * (1 + (j % classes === labels[row] ? signal : 0))
      x[row * width + j] = copied < row ? x[copied * width + j]! : j === constant ? 1 : drawn
    }
  }
  return { x, rows, width, labels, classes }
}

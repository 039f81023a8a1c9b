import { describe, expect, it, test } from "vitest"
import { below, pick, seededRandom } from "../../../src/support/random.ts"
import {
  horizontal,
  type ImagePart,
  reachOf,
  type Taps,
  tapsOf,
  vertical
} from "../../../stages/vision/resample-passes.ts"

const filters = ["bilinear", "bicubic", "lanczos"] as const

/** Pillow's loop for one output value, as its Resample.c has it: what the passes have to equal. */
function sum(part: ImagePart, at: number, step: number, { count, weights, stride }: Taps, i: number): number {
  let value = 1 << 21
  for (let k = 0; k < count[i]!; k++)
    value = (value + Math.imul(part.data[at + k * step]!, weights[i * stride + k]!)) | 0
  return Math.min(255, Math.max(0, value >> 22))
}
function plainHorizontal(part: ImagePart, top: number, height: number, columns: Taps): Uint8Array {
  const width = columns.start.length
  return Uint8Array.from({ length: height * width * 3 }, (_, i) => {
    const [y, x, channel] = [Math.floor(i / (width * 3)), Math.floor(i / 3) % width, i % 3]
    const at = (top - part.top + y) * part.stride + (columns.start[x]! - part.left) * 3 + channel
    return sum(part, at, 3, columns, x)
  })
}
function plainVertical(part: ImagePart, left: number, width: number, rows: Taps): Uint8Array {
  return Uint8Array.from({ length: rows.start.length * width * 3 }, (_, i) => {
    const y = Math.floor(i / (width * 3))
    const at = (rows.start[y]! - part.top) * part.stride + (left - part.left) * 3 + (i % (width * 3))
    return sum(part, at, part.stride, rows, y)
  })
}

/** Levels 0 and 255 are common, so that sums leave 0 … 255 and have to be clipped. */
function noise(random: () => number, height: number, width: number): ImagePart {
  const data = Uint8Array.from({ length: height * width * 3 }, () =>
    pick(random, [0, 255, below(random, 256)])
  )
  return { data, stride: width * 3, top: 0, left: 0 }
}

describe("the kernel's sums are those of plain loops, to the bit", () => {
  const random = seededRandom("resample-passes")
  const size = () => 1 + below(random, pick(random, [4, 40]))
  const cases = Array.from({ length: 60 }, () => ({
    filter: pick(random, filters),
    inputs: size(),
    outputs: size(),
    across: size()
  }))

  test.each(cases)(
    "of $inputs positions to $outputs, $across wide, $filter",
    ({ filter, inputs, outputs, across }) => {
      const first = below(random, outputs)
      const taps = tapsOf(filter, inputs, outputs, first, 1 + below(random, outputs - first))
      const cut = below(random, across)
      const length = 1 + below(random, across - cut)
      const wide = noise(random, across, inputs)
      expect(horizontal(wide, cut, length, taps)).toEqual(plainHorizontal(wide, cut, length, taps))
      const high = noise(random, inputs, across)
      expect(vertical(high, cut, length, taps)).toEqual(plainVertical(high, cut, length, taps))
    }
  )

  it("of a part that begins within the image", () => {
    const taps = tapsOf("bicubic", 50, 20, 8, 9)
    const reach = reachOf(taps)
    const rows = { ...noise(random, reach.length, 7), top: reach.first, left: 30 }
    expect(vertical(rows, 32, 4, taps)).toEqual(plainVertical(rows, 32, 4, taps))
    const columns = { ...noise(random, 7, reach.length), top: 30, left: reach.first }
    expect(horizontal(columns, 31, 5, taps)).toEqual(plainHorizontal(columns, 31, 5, taps))
  })

  it("of an image that its memory does not hold at once", () => {
    const wide = noise(random, 303, 1000)
    const columns = tapsOf("bilinear", 1000, 3, 0, 3)
    expect(horizontal(wide, 1, 302, columns)).toEqual(plainHorizontal(wide, 1, 302, columns))
    const high = { data: new Uint8Array(6000 * 3000).fill(200), stride: 3000, top: 0, left: 0 }
    for (let row = 0; row < 6000; row++) high.data[row * 3000 + 2997] = row % 251
    const rows = tapsOf("bilinear", 6000, 12, 0, 12)
    expect(vertical(high, 999, 1, rows)).toEqual(plainVertical(high, 999, 1, rows))
  })

  it("and what was returned stays as it is when the next image comes", () => {
    const taps = tapsOf("bicubic", 9, 5, 0, 5)
    const square = noise(random, 9, 9)
    const results = [horizontal(square, 0, 9, taps), vertical(square, 0, 9, taps)]
    const before = results.map((one) => one.slice())
    const other = noise(random, 9, 9)
    horizontal(other, 0, 9, taps)
    vertical(other, 0, 9, taps)
    expect(results).toEqual(before)
  })
})

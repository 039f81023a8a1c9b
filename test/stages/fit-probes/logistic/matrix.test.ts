import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { normal, seededRandom } from "../../../../src/support/random.ts"
import type { Matrix } from "../../../../stages/fit-probes/logistic/matrix.ts"
import { plainMatrix, runtimeMatrix } from "../../../../stages/fit-probes/logistic/matrix.ts"

const rows = 301
const columns = 77
const random = seededRandom("matrix")
const noise = (length: number) => Float32Array.from({ length }, () => normal(random))
const values = noise(rows * columns)
const width = 61
const left = noise(width * columns)
const right = noise(width * rows)

describe("Matrix", () => {
  let runtime: Matrix
  beforeAll(async () => {
    runtime = await runtimeMatrix(values, rows, columns, 1)
  })
  afterAll(() => runtime.release())

  it("multiplies alike by the runtime and by plain loops", async () => {
    const plain = plainMatrix(values, rows, columns)
    for (const [name, factor, length] of [
      ["timesTranspose", left, width * rows],
      ["times", right, width * columns]
    ] as const) {
      const [a, b] = [new Float32Array(length), new Float32Array(length)]
      await runtime[name](factor, width, a)
      await plain[name](factor, width, b)
      for (let i = 0; i < length; i++) expect(Math.abs(a[i]! - b[i]!)).toBeLessThan(1e-4)
      expect(a.some((value) => Math.abs(value) > 10)).toBe(true)
    }
  })

  it("gives a row the same bits whatever rows share the call", async () => {
    for (const [name, factor, from, to] of [
      ["timesTranspose", left, columns, rows],
      ["times", right, rows, columns]
    ] as const) {
      const whole = new Float32Array(width * to)
      await runtime[name](factor, width, whole)
      for (const k of [1, 2, 3, 4, 5, 6, 7, 12, 13, 20, 33])
        for (const start of [0, 1, 17, width - k]) {
          const part = new Float32Array(k * to)
          await runtime[name](factor.subarray(start * from, (start + k) * from), k, part)
          expect(part, `${name}: ${k} rows from ${start}`).toEqual(
            whole.subarray(start * to, (start + k) * to)
          )
        }
    }
  })
})

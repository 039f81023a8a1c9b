/** scikit-learn 1.9.1's Perceptron for any random state and number of classes: test/fixtures/probes/make_perceptrons.py. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { fitPerceptron, predictPerceptron } from "../../../../stages/fit-probes/perceptron/fit-perceptron.ts"
import { float32, float64 } from "../fixture.ts"

interface Stored {
  readonly rows: number
  readonly width: number
  readonly classes: number
  readonly x: string
  readonly labels: ReadonlyArray<number>
  readonly fits: ReadonlyArray<{
    readonly dtype: "float32" | "float64"
    readonly randomState: number
    readonly epochs: number
    readonly coefficients: string
    readonly intercepts: ReadonlyArray<number>
    readonly predictions: ReadonlyArray<number>
  }>
}
const { sets } = JSON.parse(
  readFileSync(new URL("../../../fixtures/probes/perceptrons.json", import.meta.url), "utf8")
) as { readonly sets: ReadonlyArray<Stored> }

it("the fixture has two classes and 80, and the least and the greatest random state", () => {
  expect(sets.map(({ classes }) => classes)).toEqual([2, 3, 21, 80])
  const states = new Set(sets.flatMap(({ fits }) => fits.map(({ randomState }) => randomState)))
  expect(states).toEqual(new Set([0, 1, 42, 2 ** 32 - 1]))
})

describe.each(sets)("the Perceptron of $classes classes", ({ x, labels, rows, width, classes, fits }) => {
  it.each(fits)("equals scikit-learn's to the bit: $dtype, random_state $randomState", async (golden) => {
    const decode = golden.dtype === "float32" ? float32 : float64
    const all = Int32Array.from({ length: rows }, (_, row) => row)
    const data = {
      x: golden.dtype === "float32" ? float32(x) : Float64Array.from(float32(x)),
      rows,
      width,
      classes,
      labels: Int32Array.from(labels),
      outer: [{ train: all, test: new Int32Array(0) }]
    }
    const [fit] = await fitPerceptron({ ...data, randomState: golden.randomState })
    if (fit!.undefined) throw new Error(fit!.undefined)
    expect([...fit!.coefficients]).toEqual([...decode(golden.coefficients)])
    expect([...fit!.intercepts]).toEqual(golden.intercepts)
    expect(fit!.epochs).toBe(golden.epochs)
    expect([...predictPerceptron(fit!, data, all)]).toEqual(golden.predictions)
  })
})

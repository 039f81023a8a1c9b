import { describe, expect, it } from "vitest"
import { fitPerceptron, predictPerceptron } from "../../../../stages/fit-probes/perceptron/fit-perceptron.ts"
import { shuffleSeeds } from "../../../../stages/fit-probes/perceptron/shuffle.ts"
import { below, seededRandom } from "../../../../src/index.ts"
import { float32, float64, sets } from "../fixture.ts"
import { dataOf, kinds } from "../perceptron/data.ts"
import { plainPerceptron } from "../perceptron/plain-perceptron.ts"

const toy = (x: ReadonlyArray<number>, labels: ReadonlyArray<number>, classes = 2) => ({
  x: Float32Array.from(x),
  rows: labels.length,
  width: x.length / labels.length,
  labels: Int32Array.from(labels),
  classes
})
const rows = (...numbers: ReadonlyArray<number>) => Int32Array.from(numbers)

describe("the Perceptron", () => {
  for (const { name, data, all, perceptron } of sets)
    for (const golden of perceptron)
      it(`equals scikit-learn's to the bit: ${name}, ${golden.dtype}, ${golden.shuffle ? "shuffled" : "in order"}`, async () => {
        const x = golden.dtype === "float32" ? data.x : Float64Array.from(data.x)
        const outer = [{ train: all, test: rows() }]
        const [fit] = await fitPerceptron({ ...data, x, outer, shuffle: golden.shuffle })
        if (fit!.undefined) throw new Error(fit!.undefined)
        const decode = golden.dtype === "float32" ? float32 : float64
        expect([...fit!.coefficients]).toEqual([...decode(golden.coefficients)])
        expect([...fit!.intercepts]).toEqual(golden.intercepts)
        expect(fit!.epochs).toBe(golden.epochs)
      })

  it("predicts as scikit-learn does", async () => {
    for (const { data, perceptron } of sets) {
      const half = { train: data.labels.map((_, row) => row), test: rows() }
      const [fit] = await fitPerceptron({ ...data, outer: [half] })
      if (fit!.undefined) throw new Error(fit!.undefined)
      expect([...predictPerceptron(fit!, data, half.train)]).toEqual(perceptron[0]!.predictions)
    }
  })

  it.each(Object.keys(kinds))("equals the plain model to the bit, and predicts like it: %s", async (kind) => {
    for (let world = 0; world < 25; world++) {
      const random = seededRandom("plain perceptron", kind, world)
      const classes = 2 + below(random, [2, 5, 24][world % 3]!)
      const rows = classes + below(random, 60)
      const drawn = dataOf(random, kind, rows, 1 + below(random, [5, 40, 150][below(random, 3)]!), classes)
      const data = world % 5 === 4 ? { ...drawn, x: Float64Array.from(drawn.x) } : drawn
      const [shuffle, randomState] = [random() < 0.8, below(random, 3)]
      const outer = [0.5, 0.2].map((share) => {
        const tested = Array.from({ length: rows }, () => random() < share)
        const of = (side: boolean) => Int32Array.from(tested.keys()).filter((row) => tested[row] === side)
        return { train: of(false), test: of(true) }
      })
      if (outer.some(({ train }) => train.length === 0)) continue
      const fits = await fitPerceptron({ ...data, outer, shuffle, randomState })
      for (const [i, { train, test }] of outer.entries()) {
        const fit = fits[i]!
        if (fit.undefined) continue
        const vectors = fit.intercepts.length
        const plain = plainPerceptron(data, train, shuffle ? shuffleSeeds(vectors, randomState) : null)
        expect(fit).toEqual({ ...plain, predictions: predictPerceptron(plain, data, test) })
      }
    }
  })

  it("equals the plain model where sums overflow", async () => {
    const data = toy([3e38, 3e38, -3e38, 2e38, 1e38, -3e38, 3e38, 1], [0, 1, 1, 0])
    const plain = plainPerceptron(data, rows(0, 1, 2, 3), shuffleSeeds(1, 0))
    const [fit] = await fitPerceptron({ ...data, outer: [{ train: rows(0, 1, 2, 3), test: rows() }] })
    expect(fit).toEqual({ ...plain, predictions: rows() })
    expect(plain.coefficients.every(Number.isFinite)).toBe(false)
  })

  it("fits each split on its own training rows", async () => {
    const data = toy([-2, -1, 1, 2, -3, 3], [0, 0, 1, 1, 0, 1])
    const fits = await fitPerceptron({
      ...data,
      outer: [
        { train: rows(0, 1, 2, 3), test: rows(4, 5) },
        { train: rows(0, 1), test: rows(5) },
        { train: rows(2, 4), test: rows(0, 3) }
      ]
    })
    expect(fits[0]!.undefined ? null : [...fits[0]!.predictions]).toEqual([0, 1])
    expect(fits[1]).toEqual({ undefined: "one-class" })
    expect(fits[2]!.undefined ? null : [...fits[2]!.predictions]).toEqual([0, 1])
  })

  it("knows only the classes it was shown", async () => {
    const data = toy([-1, 1, -1, 1], [1, 3, 1, 3], 5)
    const [fit] = await fitPerceptron({ ...data, outer: [{ train: rows(0, 1), test: rows(2, 3) }] })
    expect(fit!.undefined ? null : [fit!.classes, ...fit!.predictions]).toEqual([[1, 3], 1, 3])
  })

  it("is undefined on features that do not vary", async () => {
    const data = toy([5, 5, 5, 1], [0, 1, 0, 1])
    const [fit] = await fitPerceptron({ ...data, outer: [{ train: rows(0, 1, 2), test: rows(3) }] })
    expect(fit).toEqual({ undefined: "constant" })
  })

  it("refuses a row that is trained on and tested", async () => {
    const data = toy([1, 2], [0, 1])
    await expect(fitPerceptron({ ...data, outer: [{ train: rows(0, 1), test: rows(1) }] })).rejects.toThrow(
      /row 1 is in train and in test/
    )
  })

  it("stops when told to", async () => {
    const { data, all } = sets[2]!
    const stop = new AbortController()
    const fit = fitPerceptron({ ...data, outer: [{ train: all, test: rows() }], signal: stop.signal })
    stop.abort(new Error("enough"))
    await expect(fit).rejects.toThrow("enough")
  })
})

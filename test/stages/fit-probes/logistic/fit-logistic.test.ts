import { assignFolds } from "../../../../stages/statistics/folds.ts"
import { describe, expect, it } from "vitest"
import { normal, seededRandom } from "../../../../src/support/random.ts"
import { fitLogistic } from "../../../../stages/fit-probes/logistic/fit-logistic.ts"
import type { LogisticFit } from "../../../../stages/fit-probes/logistic/fit-of-split.ts"
import { DEFAULT_GRID } from "../../../../stages/fit-probes/logistic/options.ts"
import type { UndefinedProbe } from "../../../../stages/fit-probes/data/probe-data.ts"
import type { FixtureSet } from "../fixture.ts"
import { sets } from "../fixture.ts"

const none = new Int32Array(0)
const named = (name: string) => sets.find((set) => set.name === name)!

function defined(fit: LogisticFit | UndefinedProbe | undefined): LogisticFit {
  if (!fit || fit.undefined) throw new Error(`undefined: ${fit?.undefined}`)
  return fit
}

async function fitAt(set: FixtureSet, c: number): Promise<LogisticFit> {
  const { data, all, weights } = set
  const outer = [{ train: all, test: none }]
  return defined(
    (await fitLogistic({ ...data, ...(weights && { weights }), images: all, outer, grid: [c], seed: 1 }))[0]
  )
}

/** F on all rows, in float64, from a fit's coefficients, intercepts and scaling alone. */
function objective({ data: { x, labels, rows, width }, weights }: FixtureSet, fit: LogisticFit): number {
  const { coefficients, intercepts, scaling, c } = fit
  let loss = 0
  let total = 0
  for (let row = 0; row < rows; row++) {
    const scores = Array.from(intercepts, (intercept, k) => {
      let score = intercept
      for (let j = 0; j < width; j++)
        score += coefficients[k * width + j]! * (x[row * width + j]! - scaling.mean[j]!) * scaling.inverse[j]!
      return score
    })
    if (scores.length === 1) scores.unshift(0)
    const highest = Math.max(...scores)
    const sum = scores.reduce((a, score) => a + Math.exp(score - highest), 0)
    const weight = weights?.[row] ?? 1
    loss += weight * (Math.log(sum) + highest - scores[labels[row]!]!)
    total += weight
  }
  return loss / total + coefficients.reduce((a, v) => a + v * v, 0) / (2 * c * total)
}

describe("logistic regression at a given C", () => {
  for (const set of sets)
    for (const golden of set.logistic)
      it(`reaches scikit-learn's minimum: ${set.name}, C = ${golden.c.toPrecision(3)}`, async () => {
        const fit = await fitAt(set, golden.c)
        const scale = golden.c <= 1 ? golden.objective : Math.log(set.classes)
        const excess = (objective(set, fit) - golden.objective) / scale
        expect(fit.converged).toBe(true)
        expect(excess).toBeLessThanOrEqual(1e-6)
        // nor can it lie under a minimum: that would be another objective
        expect(excess).toBeGreaterThan(-1e-8)
        expect(fit.objective).toBeCloseTo(objective(set, fit), 6)
      })

  it("loses nothing on features far from zero", async () => {
    const set = named("four-weighted")
    const shifted = {
      ...set,
      data: { ...set.data, x: Float64Array.from(set.data.x, (value) => value + 1e6) }
    }
    const [near, far] = [await fitAt(set, 1), await fitAt(shifted as FixtureSet, 1)]
    expect(Math.abs(far.objective / near.objective - 1)).toBeLessThan(1e-6)
  })
})

/** For each inner fold, the id of an image that is dealt to it, if it is alone in its stratum. */
const idsOfFolds = (folds: number, seed: number): ReadonlyArray<string> =>
  Array.from({ length: folds }, (_, fold) => {
    for (let i = 0; ; i++) {
      const id = `image ${i}`
      const dealt = assignFolds({ images: [{ id, stratum: "" }], folds, seed: `${seed} inner` })
      if (dealt.get(id) === fold) return id
    }
  })

describe("the choice of C", () => {
  for (const name of ["two", "four-weighted"])
    it(`has scikit-learn's inner losses and choice, on the same inner folds: ${name}`, async () => {
      const { data, all, weights, inner, innerLosses } = named(name)
      // inner folds are assigned by image: images of one fold each make them the given ones
      const fit = defined(
        (
          await fitLogistic({
            ...data,
            ...(weights && { weights }),
            images: Int32Array.from(inner!),
            imageIds: idsOfFolds(4, 1),
            outer: [{ train: all, test: none }],
            seed: 1
          })
        )[0]
      )
      const least = innerLosses!.indexOf(Math.min(...innerLosses!))
      expect(fit.c).toBe(DEFAULT_GRID[least])
      expect(fit.edge).toBeNull()
      fit.innerLosses.forEach((loss, i) => {
        if (i > least + 2) expect(loss).toBeNaN()
        else expect(Math.abs(loss / innerLosses![i]! - 1), `C number ${i}`).toBeLessThan(2e-4)
      })
    })

  it("takes the smaller of two that tie, and says when it lies at the edge", async () => {
    // one class in each inner training fold: every C has the same loss
    const x = Float32Array.from({ length: 8 }, (_, i) => i)
    const fit = defined(
      (
        await fitLogistic({
          x,
          rows: 8,
          width: 1,
          labels: Int32Array.of(0, 0, 0, 0, 1, 1, 1, 1),
          classes: 2,
          images: Int32Array.of(0, 0, 0, 0, 1, 1, 1, 1),
          outer: [{ train: Int32Array.from({ length: 8 }, (_, i) => i), test: none }],
          innerFolds: 2,
          seed: 0
        })
      )[0]
    )
    expect(fit.c).toBe(DEFAULT_GRID[0])
    expect(fit.edge).toBe("lower")
  })
})

/** Three classes along the first feature; rows 2i and 2i + 1 belong to image i. */
function scene(seed: number, rows = 240, width = 24) {
  const random = seededRandom("scene", seed)
  const labels = Int32Array.from({ length: rows }, (_, row) => (Math.floor(row / 6) + row) % 3)
  const x = Float32Array.from({ length: rows * width }, () => normal(random))
  for (let row = 0; row < rows; row++) x[row * width]! += 3 * labels[row]!
  const all = Int32Array.from({ length: rows }, (_, row) => row)
  const outer = [0, 1, 2].map((fold) => ({
    train: all.filter((row) => (row >> 1) % 3 !== fold),
    test: all.filter((row) => (row >> 1) % 3 === fold)
  }))
  return { x, rows, width, labels, classes: 3, images: all.map((row) => row >> 1), outer, seed: 4 }
}

describe("fitLogistic", () => {
  it("predicts held-out rows, and its probabilities are probabilities", async () => {
    const data = scene(1)
    const fits = (await fitLogistic(data)).map(defined)
    let hits = 0
    fits.forEach(({ predictions, logProbabilities }, split) =>
      predictions.forEach((predicted, t) => {
        hits += Number(predicted === data.labels[data.outer[split]!.test[t]!])
        const p = logProbabilities.subarray(3 * t, 3 * t + 3).map(Math.exp)
        expect(p[0]! + p[1]! + p[2]!).toBeCloseTo(1, 10)
        expect(p[predicted]).toBe(Math.max(...p))
      })
    )
    expect(hits / data.rows).toBeGreaterThan(0.8)
  })

  it("fits a split the same, to the bit, alone and beside others", async () => {
    const data = scene(2)
    const together = (await fitLogistic(data)).map(defined)
    const alone = defined((await fitLogistic({ ...data, outer: [data.outer[1]!] }))[0])
    expect(alone).toEqual(together[1])
  })

  it("fits the same, to the bit, on any number of threads", async () => {
    // large enough for the runtime to divide its products
    const data = scene(10, 480, 120)
    const fits = []
    for (const threads of [1, 2, 3]) fits.push((await fitLogistic({ ...data, threads })).map(defined))
    expect(fits[1]).toEqual(fits[0])
    expect(fits[2]).toEqual(fits[0])
    await expect(fitLogistic({ ...data, threads: 0 })).rejects.toThrow("threads: 0 is not")
  })

  it("does not look at test rows beyond predicting them", async () => {
    const data = scene(3)
    const before = defined((await fitLogistic({ ...data, outer: [data.outer[0]!] }))[0])
    const labels = data.labels.slice()
    for (const row of data.outer[0]!.test) labels[row] = (labels[row]! + 1) % 3
    const after = defined((await fitLogistic({ ...data, labels, outer: [data.outer[0]!] }))[0])
    expect(after).toEqual(before)
  })

  it("is undefined, and nothing else, on a training set whose features do not vary or that has one class", async () => {
    const data = scene(4)
    const constant = data.outer[0]!.train
    for (const row of constant) data.x.fill(0.7, row * data.width, (row + 1) * data.width)
    const one = { train: data.outer[2]!.train.filter((row) => data.labels[row] === 1), test: none }
    const [first, second, third] = await fitLogistic({
      ...data,
      outer: [data.outer[0]!, data.outer[1]!, one]
    })
    expect(first).toEqual({ undefined: "constant" })
    expect(defined(second).converged).toBe(true)
    expect(third).toEqual({ undefined: "one-class" })
    expect(await fitLogistic({ ...data, outer: [data.outer[0]!] })).toEqual([{ undefined: "constant" }])
  })

  it("leaves out a feature that is constant in the training rows alone", async () => {
    const data = scene(5)
    const { train } = data.outer[0]!
    for (const row of train) data.x[row * data.width + 3] = 1
    const fit = defined((await fitLogistic({ ...data, outer: [data.outer[0]!] }))[0])
    for (let k = 0; k < 3; k++) expect(fit.coefficients[k * data.width + 3]).toBe(0)
    expect(fit.scaling.inverse[3]).toBe(0)
  })

  it("gives a class that its training rows lack no probability", async () => {
    const data = scene(6)
    const split = {
      train: data.outer[0]!.train.filter((row) => data.labels[row] !== 1),
      test: data.outer[0]!.test
    }
    const fit = defined((await fitLogistic({ ...data, outer: [split] }))[0])
    expect(fit.classes).toEqual([0, 2])
    expect(fit.intercepts).toHaveLength(1)
    expect(new Set(fit.predictions)).toEqual(new Set([0, 2]))
    split.test.forEach((_, t) => expect(fit.logProbabilities[3 * t + 1]).toBe(-Infinity))
  })

  it("fits a row of weight 0 as if it were not there", async () => {
    const data = scene(9)
    const weights = new Float64Array(data.rows).fill(1)
    const { train, test } = data.outer[0]!
    for (const row of train) if (data.labels[row] === 2 || row % 7 === 0) weights[row] = 0
    const weighted = defined((await fitLogistic({ ...data, weights, outer: [{ train, test }] }))[0])
    const kept = { train: train.filter((row) => weights[row] === 1), test }
    expect(weighted).toEqual(defined((await fitLogistic({ ...data, outer: [kept] }))[0]))
  })

  it("reports progress up to 1, and stops when told to", async () => {
    const data = scene(7)
    const seen: Array<number> = []
    await fitLogistic({ ...data, progress: (done) => seen.push(done) })
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
    expect(seen.at(-1)).toBe(1)
    expect(seen.length).toBeGreaterThan(10)

    const stop = new AbortController()
    const fit = fitLogistic({ ...data, signal: stop.signal, progress: () => stop.abort(new Error("enough")) })
    await expect(fit).rejects.toThrow("enough")
  })

  it("says what does not fit", async () => {
    const data = scene(8)
    await expect(fitLogistic({ ...data, grid: [1, 0.1] })).rejects.toThrow(/grid\[1\] is 0.1/)
    await expect(fitLogistic({ ...data, weights: new Float64Array(3) })).rejects.toThrow(/weights has 3 rows/)
    const x = data.x.slice()
    x[5 * data.width + 2] = NaN
    await expect(fitLogistic({ ...data, x })).rejects.toThrow(/x is NaN at row 5, feature 2/)
    await expect(fitLogistic({ ...data, outer: [{ train: none, test: none }] })).rejects.toThrow(
      /outer\[0\].train has no rows/
    )
    const images = data.images.fill(0)
    await expect(fitLogistic({ ...data, images })).rejects.toThrow(/1 images, too few for 4 inner folds/)
  })
})

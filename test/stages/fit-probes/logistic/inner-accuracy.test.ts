import { expect, it } from "vitest"
import { normal, seededRandom } from "../../../../src/index.ts"
import { fitLogistic } from "../../../../stages/fit-probes/logistic/fit-logistic.ts"
import type { LogisticFit } from "../../../../stages/fit-probes/logistic/fit-of-split.ts"
import type { UndefinedProbe } from "../../../../stages/fit-probes/data/probe-data.ts"

const [rows, width, classes, folds] = [240, 8, 3, 4]
const random = seededRandom("inner accuracy")
const labels = Int32Array.from({ length: rows }, (_, row) => (row * 7) % classes)
// cells of very different sizes within each label
const cells = Int32Array.from({ length: rows }, (_, row) => 2 * labels[row]! + Number(row % 10 === 0))
const x = Float32Array.from({ length: rows * width }, () => normal(random))
for (let row = 0; row < rows; row++) x[row * width + labels[row]!]! += row % 10 === 0 ? 0.2 : 1.2
const all = Int32Array.from({ length: rows }, (_, row) => row)
/** As many images as inner folds, with equally many rows of each class: each fold is one of them. */
const images = all.map((row) => row % folds)
const tolerances = { inner: { loss: 1e-10 }, refit: { loss: 1e-10 } }
const data = { x, rows, width, labels, classes, images, seed: 3, tolerances }
const whole = { train: all, test: new Int32Array(0) }

function defined(fit: LogisticFit | UndefinedProbe | undefined): LogisticFit {
  if (fit === undefined || fit.undefined !== undefined) throw new Error(`undefined: ${fit?.undefined}`)
  return fit
}
const mean = (values: ReadonlyArray<number>) => values.reduce((a, b) => a + b, 0) / values.length

it.each(["cells within labels", "labels"])(
  "is the mean recall, over %s, of fits at the chosen C",
  async (over) => {
    const weighted = over === "labels" ? {} : { cells }
    const fit = defined((await fitLogistic({ ...data, ...weighted, outer: [whole] }))[0])
    const outer = Array.from({ length: folds }, (_, fold) => ({
      train: all.filter((row) => images[row] !== fold),
      test: all.filter((row) => images[row] === fold)
    }))
    const inner = (await fitLogistic({ ...data, ...weighted, outer, grid: [fit.c] })).map(defined)
    const isHit = new Map(
      outer.flatMap(({ test }, fold) =>
        Array.from(test, (row, t) => [row, inner[fold]!.predictions[t] === labels[row]] as const)
      )
    )
    const recall = (rows: Int32Array) => mean(Array.from(rows, (row) => Number(isHit.get(row))))
    const byLabel = Array.from({ length: classes }, (_, label) => all.filter((row) => labels[row] === label))
    const expected = mean(
      byLabel.map((of) =>
        over === "labels"
          ? recall(of)
          : mean([0, 1].map((side) => recall(of.filter((row) => cells[row]! % 2 === side))))
      )
    )
    expect(fit.innerAccuracy).toBeCloseTo(expected, 12)
    expect(expected).toBeGreaterThan(0.4)
    expect(expected).toBeLessThan(0.9)
  }
)

it("is at chance where features say nothing, and 1 where they say all", async () => {
  const noise = Float32Array.from({ length: rows * width }, () => normal(random))
  const plain = Float32Array.from({ length: rows * width }, (_, i) =>
    i % width === labels[Math.floor(i / width)] ? 9 + normal(random) : normal(random)
  )
  const of = async (features: Float32Array) =>
    defined((await fitLogistic({ ...data, x: features, images: all, outer: [whole] }))[0]).innerAccuracy
  expect(Math.abs((await of(noise)) - 1 / 3)).toBeLessThan(0.12)
  expect(await of(plain)).toBe(1)
})

it("counts what a fold answers that knows one class only", async () => {
  // all of class 1 is in one image: the fold that holds it out answers class 0
  const two = labels.map((label) => Number(label === 1))
  const ofOne = all.map((row) => (two[row] === 1 ? 0 : row + 1))
  const given = { ...data, labels: two, classes: 2, images: ofOne }
  const fit = defined((await fitLogistic({ ...given, outer: [whole] }))[0])
  // class 1 is never found; of class 0 some rows are mistaken for it
  expect(fit.innerAccuracy).toBeLessThanOrEqual(0.5)
  expect(fit.innerAccuracy).toBeGreaterThan(0.2)
})

it("is not a number if there is no choice", async () => {
  const [fit] = await fitLogistic({ ...data, outer: [whole], grid: [1] })
  expect(defined(fit).innerAccuracy).toBeNaN()
})

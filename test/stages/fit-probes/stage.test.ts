import { describe, expect, it } from "vitest"
import { normal, seededRandom } from "../../../src/index.ts"
import { type Prediction, predictionColumns } from "../../../stages/tables/predictions.ts"
import type { Example } from "../../../stages/tables/examples.ts"
import { fitProbes } from "../../../stages/fit-probes/stage.ts"
import { aggregate } from "../../../stages/aggregate/stage.ts"
import { collect, computeOf, fakeContext, rejection, tableOf } from "../fakes.ts"

const width = 4
const labels = ["cat", "dog", "eel"]
/** Three objects a scene, one of each label, whose tokens' first numbers tell the label. */
function world(scenes: number, token: (label: number, i: number) => boolean = () => true) {
  const random = seededRandom("fit-probes", scenes)
  const examples: Array<Example> = []
  const rows: Array<{ item: string; source: string; object: number; token: string }> = []
  const x: Array<Float32Array> = []
  const add = (item: string, source: string, object: number, name: string, label: number | null) => {
    rows.push({ item, source, object, token: name })
    x.push(Float32Array.from({ length: width }, (_, j) => normal(random) + (j === label ? 6 : 0)))
  }
  for (let i = 0; i < scenes; i++) {
    const item = `scene-${i}`
    add(item, "image", -1, "cls", null)
    for (const [object, label] of labels.entries()) {
      examples.push({
        scene: item,
        image_group: item,
        object,
        target: "category",
        label,
        cell: label,
        left_out: null
      })
      add(item, "object", object, "avg_obj", object)
      if (token(object, i)) add(item, "object", object, "rare", object)
    }
  }
  return { examples, rows, x }
}
type World = ReturnType<typeof world>
const settings = { encoder: "vit", probes: ["logistic", "perceptron"], folds: 5, seeds: 1, seed: 0 }
type Output = Prediction & { readonly c: number | null }
const run = (
  { examples, rows, x }: World,
  some: Partial<typeof settings> = {},
  context = fakeContext(fitProbes)
): Promise<Array<Output>> =>
  collect(
    computeOf(fitProbes)(
      { activations: tableOf(rows, { activation: { "block.0": x } }), examples: tableOf(examples) },
      { ...settings, ...some },
      context
    )
  )
const accuracy = (rows: ReadonlyArray<Prediction>) =>
  rows.filter(({ label, predicted }) => label === predicted).length / rows.length

const small = world(30)

describe("fit-probes", () => {
  it("gives a row a held-out example, with every column of its schema and no other", async () => {
    const rows = await run(small)
    // 90 examples of avg_obj, rare and cls, by two probes
    expect(rows).toHaveLength(2 * 3 * 90)
    for (const row of rows) expect(Object.keys(row).sort()).toEqual(Object.keys(predictionColumns).sort())
    expect(rows[0]).toMatchObject({ encoder: "vit", tap: "block.0", target: "category", seed: 0 })
  })

  it("finds what tokens tell plainly, and not what they do not", async () => {
    const rows = await run(small)
    for (const probe of settings.probes) {
      const of = (token: string) => rows.filter((row) => row.probe === probe && row.token === token)
      expect(accuracy(of("avg_obj"))).toBeGreaterThan(0.97)
      // one CLS row stands for three labels, of which one is right
      expect(accuracy(of("cls"))).toBeCloseTo(1 / 3, 12)
    }
  })

  it("says which C was chosen for logistic probes, from the grid, and none for perceptrons", async () => {
    for (const { probe, c } of await run(small)) {
      if (probe === "perceptron") expect(c).toBeNull()
      else {
        const steps = 2 * Math.log10(c!)
        expect(Math.abs(steps - Math.round(steps))).toBeLessThan(1e-9)
        expect(Math.round(steps)).toBeGreaterThanOrEqual(-8)
        expect(Math.round(steps)).toBeLessThanOrEqual(4)
      }
    }
  })

  it("never splits a scene of several objects between folds", async () => {
    const folds = new Map<string, Set<number>>()
    for (const { seed, scene, fold } of await run(small, { seeds: 2, probes: ["perceptron"] })) {
      const key = `${seed} ${scene}`
      folds.set(key, (folds.get(key) ?? new Set()).add(fold))
    }
    expect(folds.size).toBe(60)
    for (const of of folds.values()) expect(of.size).toBe(1)
  })

  it("never splits an image between folds that several scenes show", async () => {
    const groups = new Map(small.rows.map(({ item }) => [item, `image ${Number(item.split("-")[1]) % 20}`]))
    const examples = small.examples.map((example) => ({
      ...example,
      image_group: groups.get(example.scene)!
    }))
    const rows = await run({ ...small, examples }, { seeds: 2, probes: ["perceptron"] })
    const folds = new Map<string, Set<number>>()
    for (const { seed, scene, fold } of rows) {
      const key = `${seed} ${groups.get(scene)!}`
      folds.set(key, (folds.get(key) ?? new Set()).add(fold))
    }
    expect(folds.size).toBe(40)
    for (const of of folds.values()) expect(of.size).toBe(1)
    // named by the first of the scenes
    expect(new Set(rows.map(({ image }) => image))).toEqual(
      new Set(Array.from({ length: 20 }, (_, i) => [`scene-${i}`, `scene-${i + 20}`].sort()[0]))
    )
  })

  it("learns nothing where each image has a twin and labels are coins", async () => {
    const random = seededRandom("twins")
    const twins = Array.from({ length: 60 }, () => ({
      label: random() < 0.5 ? "heads" : "tails",
      x: Float32Array.from({ length: 60 }, () => normal(random))
    })).flatMap((one, i) => [`a${i}`, `b${i}`].map((item) => ({ ...one, item, image_group: String(i) })))
    const rows = twins.map(({ item }) => ({ item, source: "image", object: -1, token: "cls" }))
    const accuracyOf = async (grouped: boolean) => {
      const examples = twins.map(({ item, label, image_group }) => ({
        scene: item,
        image_group: grouped ? image_group : item,
        object: -1,
        target: "category",
        label,
        cell: label,
        left_out: null
      }))
      const given = { examples, rows, x: twins.map(({ x }) => x) }
      return accuracy(await run(given, { probes: ["perceptron"], seeds: 3 }))
    }
    expect(await accuracyOf(true)).toBeLessThan(0.65)
    expect(await accuracyOf(false)).toBeGreaterThan(0.8)
  })

  it("needs images, not scenes", async () => {
    const twice = small.examples.map((example) => ({
      ...example,
      image_group: `image ${Number(example.scene.split("-")[1]) % 15}`
    }))
    expect((await rejection(run({ ...small, examples: twice }))).message).toContain("in 15 images are left")
  })

  it("deals the same folds whatever an encoder leaves out", async () => {
    const few = small.examples.map((example, i) => ({
      ...example,
      left_out: i % 3 === 0 ? "no token" : null
    }))
    const foldsOf = async (some: World) =>
      new Map((await run(some, { probes: ["perceptron"] })).map(({ scene, fold }) => [scene, fold]))
    expect(await foldsOf({ ...small, examples: few })).toEqual(await foldsOf(small))
  })

  it("gives a cell of few as much say as one of many: an uncertain probe does not side with the many", async () => {
    const random = seededRandom("rare label")
    const rows = Array.from({ length: 200 }, (_, i) => ({
      item: `scene-${i}`,
      source: "image",
      object: -1,
      token: "cls",
      label: i % 10 === 0 ? "few" : "many"
    }))
    const x = rows.map(({ label }) =>
      Float32Array.from({ length: 4 }, (_, j) => normal(random) + (j === 0 && label === "few" ? 1 : 0))
    )
    const examples = rows.map(({ item, label }) => ({
      scene: item,
      image_group: item,
      object: -1,
      target: "category",
      label,
      cell: label,
      left_out: null
    }))
    const predictions = await run({ examples, rows, x }, { probes: ["logistic"] })
    const recall = (of: string) => accuracy(predictions.filter(({ label }) => label === of))
    // Bayes' rule with equal say is right in Φ(½) = .69 of both; without, "few" is hardly ever said
    expect(recall("few")).toBeGreaterThan(0.45)
    expect(recall("many")).toBeGreaterThan(0.45)
  })

  it("reports progress up to all probes of all questions and taps", async () => {
    const context = fakeContext(fitProbes)
    await run(small, {}, context)
    expect(context.steps).toEqual([1, 2, 3, 4, 5, 6].map((done) => [done, 6]))
  })

  it("stops when it is aborted", async () => {
    const signal = AbortSignal.abort(new Error("stopped by hand"))
    const context = { ...fakeContext(fitProbes), signal }
    expect((await rejection(run(small, {}, context))).message).toBe("stopped by hand")
  })
})

describe("fit-probes of a question with too few examples", () => {
  it("leaves the question out and names it in the log, and asks the others", async () => {
    const context = fakeContext(fitProbes)
    const rows = await run(
      world(30, (_, i) => i < 3),
      {},
      context
    )
    expect(new Set(rows.map(({ token }) => token))).toEqual(new Set(["avg_obj", "cls"]))
    expect(context.lines).toEqual([
      'no probe of category from rare (object) of "vit": 9 examples of 3 classes in 3 images; 5 folds need at least 2 classes and 20 images'
    ])
    expect(context.steps.at(-1)).toEqual([4, 4])
  })

  it("leaves out a question of one class", async () => {
    const context = fakeContext(fitProbes)
    await run(
      world(30, (label) => label === 1),
      {},
      context
    )
    expect(context.lines).toEqual([expect.stringContaining("30 examples of 1 classes in 30 images")])
  })

  it("is refused where no question has enough, saying how much there was and what to do", async () => {
    const error = await rejection(run(world(19)))
    expect(error.message).toBe(
      'too few objects for a probe of "vit": 57 examples of 3 classes in 19 images are left; 5 folds need at least 2 classes and 20 images'
    )
    expect(error).toMatchObject({ hint: expect.stringContaining("sample more scenes") })
    expect((await rejection(run({ ...small, examples: [] }))).message).toContain("0 examples of 0 classes")
  })

  it("does without a fold that has none of its examples, down to the table of measures", async () => {
    const all = world(60)
    const fold = new Map((await run(all, { probes: ["perceptron"] })).map((row) => [row.scene, row.fold]))
    const rare = world(60, (_, i) => i < 40 && fold.get(`scene-${i}`) !== 2)
    const rows = await run(rare)
    const folds = new Set(rows.filter(({ token }) => token === "rare").map((row) => row.fold))
    expect(folds).toEqual(new Set([0, 1, 3, 4]))
    const measures = await computeOf(aggregate)({ probes: [tableOf(rows)] }, {}, fakeContext(aggregate))
    for (const row of measures) {
      expect(row.balanced_accuracy).not.toBeNull()
      expect(row.low === null).toBe(row.token === "rare")
    }
  })
})

it("fit-probes gives null where a tap is constant, at every fold", async () => {
  const { examples, rows } = small
  const x = rows.map(() => Float32Array.from([1, -2, 0, 3]))
  const predictions = await run({ examples, rows, x })
  expect(predictions).toHaveLength(2 * 3 * 90)
  expect(new Set(predictions.map(({ predicted, c }) => `${predicted} ${c}`))).toEqual(new Set(["null null"]))
})

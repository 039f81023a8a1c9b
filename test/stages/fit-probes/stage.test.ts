import { describe, expect, it } from "vitest"
import { normal, seededRandom } from "../../../src/index.ts"
import { fitColumns, undefinedBecause } from "../../../stages/tables/fits.ts"
import { fitProbes } from "../../../stages/fit-probes/stage.ts"
import { fakeContext, rejection } from "../fakes.ts"
import {
  fitAll,
  type GivenExample,
  type NamedPrediction,
  namedPredictions,
  type Settings,
  defaultSettings,
  type TokenName
} from "./fits.ts"

const width = 4
const labels = ["cat", "dog", "eel"]
/** Three objects a scene, one of each label, whose tokens' first numbers tell the label. */
function world(scenes: number, token: (label: number, i: number) => boolean = () => true) {
  const random = seededRandom("fit-probes", scenes)
  const examples: Array<GivenExample> = []
  const rows: Array<TokenName> = []
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
        cell: label
      })
      add(item, "object", object, "avg_obj", object)
      if (token(object, i)) add(item, "object", object, "rare", object)
    }
  }
  return { examples, rows, x }
}
type World = ReturnType<typeof world>
const seeds = (count: number): Pick<Settings, "split"> => ({
  split: { kind: "kfold", folds: 5, seeds: count, seed: 0 }
})
const fitted = (
  { examples, rows, x }: World,
  some: Partial<Settings> = {},
  context = fakeContext(fitProbes)
) => fitAll({ rows, examples, taps: { "block.0": x } }, { ...defaultSettings, ...some }, context)
const run = async (...given: Parameters<typeof fitted>): Promise<Array<NamedPrediction>> =>
  namedPredictions(await fitted(...given))
const accuracy = (rows: ReadonlyArray<NamedPrediction>) =>
  rows.filter(({ label, predicted }) => label === predicted).length / rows.length

const small = world(30)

describe("fit-probes", () => {
  it("gives one row per fit, with an answer per held-out example, and the columns of its schema alone", async () => {
    const fits = await fitted(small)
    // avg_obj, rare and cls, by two probes
    expect(fits).toHaveLength(2 * 3)
    for (const fit of fits) {
      expect(Object.keys(fit).sort()).toEqual(Object.keys(fitColumns).sort())
      const { seed, fold, scene, image, object, cell, label, predicted, log_probability, one_sided } = fit
      const answers = [seed, fold, scene, image, object, cell, label, predicted, log_probability, one_sided]
      for (const list of answers) expect(list).toHaveLength(90)
      expect(fit).toMatchObject({ n: 90, images: 30, classes: 3, undefined_because: null, weights: null })
      expect(fit).toMatchObject({ folds: 5, seeds: 1, selection: "aligned", task: null })
    }
    expect(fits[0]).toMatchObject({ encoder: "vit", tap: "block.0", target: "category", probe: "logistic" })
  })

  it("finds what tokens tell plainly, and not what they do not", async () => {
    const rows = await run(small)
    for (const probe of defaultSettings.probes) {
      const of = (token: string) => rows.filter((row) => row.probe === probe && row.token === token)
      expect(accuracy(of("avg_obj"))).toBeGreaterThan(0.97)
      // one CLS row stands for three labels, of which one is right
      expect(accuracy(of("cls"))).toBeCloseTo(1 / 3, 12)
    }
  })

  it("says of each split which C was chosen for a logistic probe, and how long a perceptron took", async () => {
    for (const fit of await fitted(small)) {
      const { probe, c, edge, converged, epochs, inner_accuracy, split_seed, split_fold } = fit
      expect(split_fold).toEqual([0, 1, 2, 3, 4])
      expect(split_seed).toEqual([0, 0, 0, 0, 0])
      for (const list of [c, edge, converged, epochs, inner_accuracy]) expect(list).toHaveLength(5)
      expect(converged).toEqual(c.map(() => true))
      if (probe === "perceptron") {
        for (const one of [...c, ...inner_accuracy]) expect(one).toBeNaN()
        for (const count of epochs) expect(count).toBeGreaterThan(5)
        expect(edge).toEqual(["", "", "", "", ""])
      } else {
        expect(epochs).toEqual([0, 0, 0, 0, 0])
        c.forEach((strength, split) => {
          const steps = Math.round(2 * Math.log10(strength))
          expect(2 * Math.log10(strength)).toBeCloseTo(steps, 9)
          expect(edge[split]).toBe(steps === -8 ? "lower" : steps === 4 ? "upper" : "")
        })
        for (const accuracy of inner_accuracy)
          if (fit.token === "cls") expect(accuracy).toBeCloseTo(1 / 3, 12)
          else expect(accuracy).toBeGreaterThan(0.95)
      }
    }
  })

  it("gives the log-probability of the right label, and none for a perceptron", async () => {
    const fits = await fitted(small)
    for (const { probe, token, log_probability, label, predicted } of fits)
      log_probability.forEach((value, i) => {
        if (probe === "perceptron") expect(value).toBeNaN()
        else if (token === "avg_obj") {
          expect(value).toBeLessThanOrEqual(0)
          // with more than half of the probability, a label is predicted
          if (value > Math.log(0.5)) expect(predicted[i]).toBe(label[i])
        }
      })
  })

  it("gives a label that the training rows lack the log-probability of scikit-learn's log_loss", async () => {
    const rare = world(30).examples.map((example) =>
      example.scene === "scene-4" && example.label === "eel"
        ? { ...example, label: "owl", cell: "owl" }
        : example
    )
    const [fit] = await fitted({ ...small, examples: rare }, { probes: ["logistic"] })
    const owl = fit!.label.indexOf("owl")
    expect(fit!.log_probability[owl]).toBe(-36.04365338911715)
    expect(fit!.log_probability[owl]).toBeCloseTo(Math.log(2 ** -52), 12)
    expect(fit!.log_probability.filter((value) => value === -36.04365338911715)).toHaveLength(1)
  })

  it("never splits a scene of several objects between folds", async () => {
    const folds = new Map<string, Set<number>>()
    for (const { seed, scene, fold } of await run(small, { ...seeds(2), probes: ["perceptron"] })) {
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
    const rows = await run({ ...small, examples }, { ...seeds(2), probes: ["perceptron"] })
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
        cell: label
      }))
      const given = { examples, rows, x: twins.map(({ x }) => x) }
      return accuracy(await run(given, { ...seeds(3), probes: ["perceptron"] }))
    }
    expect(await accuracyOf(true)).toBeLessThan(0.65)
    expect(await accuracyOf(false)).toBeGreaterThan(0.8)
  })

  it("needs images, not scenes", async () => {
    const twice = small.examples.map((example) => ({
      ...example,
      image_group: `image ${Number(example.scene.split("-")[1]) % 15}`
    }))
    for (const fit of await fitted({ ...small, examples: twice }))
      expect(fit).toMatchObject({ n: 90, images: 15, undefined_because: undefinedBecause.few, predicted: [] })
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
      cell: label
    }))
    const predictions = await run({ examples, rows, x }, { probes: ["logistic"] })
    const recall = (of: string) => accuracy(predictions.filter(({ label }) => label === of))
    // Bayes' rule with equal say is right in Φ(½) = .69 of both; without, "few" is hardly ever said
    expect(recall("few")).toBeGreaterThan(0.45)
    expect(recall("many")).toBeGreaterThan(0.45)
  })

  it("stops when it is aborted", async () => {
    const signal = AbortSignal.abort(new Error("stopped by hand"))
    const context = { ...fakeContext(fitProbes), signal }
    expect((await rejection(run(small, {}, context))).message).toBe("stopped by hand")
  })
})

describe("fit-probes of a question with too few examples", () => {
  const few = (fits: Awaited<ReturnType<typeof fitted>>) =>
    fits
      .filter((fit) => fit.undefined_because !== null)
      .map((fit) => [fit.probe, fit.token, fit.n, fit.images])

  it("is an undefined fit with the reason, and the others are fitted", async () => {
    const fits = await fitted(world(30, (_, i) => i < 3))
    expect(few(fits)).toEqual([
      ["logistic", "rare", 9, 3],
      ["perceptron", "rare", 9, 3]
    ])
    for (const { token, undefined_because, predicted, c } of fits)
      if (token === "rare") expect([undefined_because, predicted, c]).toEqual([undefinedBecause.few, [], []])
      else expect(predicted).toHaveLength(90)
  })

  it("needs two classes", async () => {
    const fits = await fitted(world(30, (label) => label === 1))
    expect(few(fits)).toEqual([
      ["logistic", "rare", 30, 30],
      ["perceptron", "rare", 30, 30]
    ])
  })

  it("says so if no example has such a token, or none asks about the target", async () => {
    const fit = {
      probe: "logistic",
      selection: "aligned",
      tap: "block.0",
      token: "avg_obj",
      source: "object",
      task: null,
      target: "category"
    }
    const given = { rows: small.rows, examples: small.examples, taps: { "block.0": small.x } }
    const fits = await fitAll(given, defaultSettings, undefined, [
      { ...fit, token: "nothing" },
      { ...fit, source: "image" },
      { ...fit, target: "primary" }
    ])
    expect(fits.map((one) => one.undefined_because)).toEqual([
      undefinedBecause.tokenless,
      undefinedBecause.tokenless,
      undefinedBecause.untargeted
    ])
    for (const one of fits) expect(one).toMatchObject({ n: 0, images: 0, classes: 0 })
  })

  it("does without a fold that has none of its examples", async () => {
    const all = world(60)
    const fold = new Map((await run(all, { probes: ["perceptron"] })).map((row) => [row.scene, row.fold]))
    const fits = await fitted(world(60, (_, i) => i < 40 && fold.get(`scene-${i}`) !== 2))
    for (const { token, fold, split_fold, folds } of fits) {
      const held = token === "rare" ? [0, 1, 3, 4] : [0, 1, 2, 3, 4]
      expect(split_fold).toEqual(held)
      expect(new Set(fold)).toEqual(new Set(held))
      expect(folds).toBe(5)
    }
  })
})

it("a fit is undefined where its tap is constant", async () => {
  const { examples, rows } = small
  const fits = await fitted({ examples, rows, x: rows.map(() => Float32Array.from([1, -2, 0, 3])) })
  expect(fits).toHaveLength(2 * 3)
  for (const fit of fits)
    expect(fit).toMatchObject({ n: 90, undefined_because: undefinedBecause.constant, predicted: [], c: [] })
})

import { describe, expect, it } from "vitest"
import { normal, seededRandom } from "../../../src/index.ts"
import { undefinedBecause } from "../../../stages/tables/fits.ts"
import type { NewFit } from "../../../stages/fit-probes/fit-one.ts"
import { fakeContext, rejection } from "../fakes.ts"
import { fitProbes } from "../../../stages/fit-probes/stage.ts"
import { tensorsOf } from "../tensor-files/float64.ts"
import {
  defaultSettings,
  fitAll,
  fitsOf,
  type Given,
  type GivenExample,
  type Settings,
  type TokenName
} from "./fits.ts"

const width = 6
const primaries = ["cat", "dog"]
const secondaries = ["bed", "bench", "chair", "couch"]

interface Pair {
  readonly scene: string
  readonly primary: string
  readonly secondary: string
}
const drawn = (count: number, task = ""): ReadonlyArray<Pair> =>
  Array.from({ length: count }, (_, i) => ({
    scene: `${task}scene-${i}`,
    primary: primaries[i % 2]!,
    secondary: secondaries[Math.floor(i / 2) % 4]!
  }))
const examplesOf = (
  pairs: ReadonlyArray<Pair>,
  some: Partial<GivenExample> = {}
): ReadonlyArray<GivenExample> =>
  pairs.flatMap(({ scene, primary, secondary }) => {
    const cell = `${primary} × ${secondary}`
    const common = { scene, image_group: scene, object: -1, task: "0", cell, ...some }
    return [
      { ...common, target: "primary", label: primary },
      { ...common, target: "secondary", label: secondary }
    ]
  })
/** Tokens of the secondary object, which tell both categories. */
function world(
  pairs: ReadonlyArray<Pair>,
  examples = examplesOf(pairs),
  row: Partial<TokenName> = {}
): Given {
  const random = seededRandom("fit one", pairs.length)
  const source = { source: "secondary", object: -1, token: "avg_obj", task: "0" }
  return {
    rows: pairs.map(({ scene }) => ({ item: scene, ...source, ...row })),
    examples,
    taps: {
      embed: pairs.map(({ primary, secondary }) => {
        const x = Float32Array.from({ length: width }, () => 0.7 * normal(random))
        x[0]! += primary === "cat" ? 2 : -2
        x[1 + secondaries.indexOf(secondary)]! += 3
        return x
      })
    }
  }
}

describe("one-sided predictions", () => {
  // of 20 chairs one is beside a dog
  const pairs = drawn(80).map((pair, i) =>
    pair.secondary === "chair" ? { ...pair, primary: i === 4 ? "dog" : "cat" } : pair
  )
  const fitted = (examples = examplesOf(pairs), some: Partial<Settings> = {}) =>
    fitAll(world(pairs, examples), { ...defaultSettings, ...some })
  const sidedOf = (fit: NewFit) =>
    new Set(fit.scene.flatMap((scene, i) => (fit.one_sided[i]! ? [`${scene} ${fit.cell[i]}`] : [])))

  it("are those whose secondary occurs with one primary only in the training rows", async () => {
    const [primary] = await fitted(undefined, { probes: ["perceptron"] })
    // where scene 4 is held out, the training rows know chairs beside cats alone
    const fold = primary!.fold[primary!.scene.indexOf("scene-4")]
    const wanted = primary!.scene.flatMap((scene, i) =>
      primary!.fold[i] === fold && primary!.cell[i]!.endsWith("× chair")
        ? [`${scene} ${primary!.cell[i]}`]
        : []
    )
    expect(wanted.length).toBeGreaterThan(2)
    expect(wanted).toContain("scene-4 dog × chair")
    expect(sidedOf(primary!)).toEqual(new Set(wanted))
  })

  it("are none where the secondary is asked for, or where no pair is", async () => {
    for (const fit of await fitted()) if (fit.target === "secondary") expect(sidedOf(fit).size).toBe(0)
    const alone = examplesOf(pairs).filter(({ target }) => target === "primary")
    for (const fit of await fitted(alone)) expect(sidedOf(fit).size).toBe(0)
  })

  it("take the secondary of the same task", async () => {
    const other = examplesOf(
      pairs.map((pair) => ({ ...pair, secondary: "chair" })),
      { task: "1" }
    )
    const [fit] = await fitted([...examplesOf(pairs), ...other], { probes: ["perceptron"] })
    expect(fit).toMatchObject({ task: "0", target: "primary" })
    expect(sidedOf(fit!)).toEqual(sidedOf((await fitted(undefined, { probes: ["perceptron"] }))[0]!))
  })
})

describe("weights", () => {
  const pairs = drawn(80)

  it("reproduce the predictions of every split, and its probabilities", async () => {
    const given = world(pairs)
    const fits = await fitAll(given, { ...defaultSettings, keep: "weights" })
    expect(fits).toHaveLength(4)
    const rowOf = new Map(given.rows.map(({ item }, row) => [item, row]))
    for (const fit of fits) {
      const { name, content } = fit.weights as { name: string; content: Uint8Array }
      expect(name).toBe("weights.safetensors")
      const { tensors, metadata } = tensorsOf(content)
      const vectors = fit.target === "primary" ? 1 : 4
      expect(tensors.get("mean")!.shape).toEqual([5, width])
      expect(tensors.get("scale")!.shape).toEqual([5, width])
      expect(tensors.get("coefficients")!.shape).toEqual([5, vectors, width])
      expect(tensors.get("intercepts")!.shape).toEqual([5, vectors])
      const classes = fit.target === "primary" ? primaries : secondaries
      expect(JSON.parse(metadata["classes"]!)).toEqual(classes)
      expect(JSON.parse(metadata["split_classes"]!)).toEqual(Array.from({ length: 5 }, () => classes))
      const values = (tensor: string) => tensors.get(tensor)!.values
      fit.scene.forEach((scene, i) => {
        const split = fit.split_fold.indexOf(fit.fold[i]!)
        const x = given.taps["embed"]![rowOf.get(scene)!]!
        const scores = Array.from({ length: vectors }, (_, v) => {
          let score = values("intercepts")[split * vectors + v]!
          for (let j = 0; j < width; j++)
            score +=
              (x[j]! - values("mean")[split * width + j]!) *
              values("scale")[split * width + j]! *
              values("coefficients")[(split * vectors + v) * width + j]!
          return score
        })
        if (vectors === 1) scores.unshift(0)
        expect(fit.predicted[i]).toBe(classes[scores.indexOf(Math.max(...scores))])
        if (fit.probe === "logistic") {
          const sum = scores.reduce((total, score) => total + Math.exp(score), 0)
          const own = scores[classes.indexOf(fit.label[i]!)]! - Math.log(sum)
          expect(fit.log_probability[i]).toBeCloseTo(own, 4)
        }
      })
      if (fit.probe === "perceptron") {
        expect(new Set(values("mean"))).toEqual(new Set([0]))
        expect(new Set(values("scale"))).toEqual(new Set([1]))
      }
    }
  })

  it("of a split without some classes are padded with NaN, and say which it has", async () => {
    // one couch: the split that holds it out does not know couches
    const few = pairs.filter(({ secondary }, i) => secondary !== "couch" || i === 6)
    const fits = await fitAll(world(few), { ...defaultSettings, keep: "weights" })
    for (const fit of fits.filter(({ target }) => target === "secondary")) {
      const { tensors, metadata } = tensorsOf((fit.weights as { content: Uint8Array }).content)
      const lacking = fit.split_fold.indexOf(fit.fold[fit.label.indexOf("couch")]!)
      const classes = JSON.parse(metadata["split_classes"]!) as ReadonlyArray<ReadonlyArray<string>>
      classes.forEach((names, split) => {
        expect(names).toEqual(split === lacking ? secondaries.slice(0, 3) : secondaries)
        const { values } = tensors.get("intercepts")!
        const own = Array.from(values.subarray(4 * split, 4 * split + 4), Number.isNaN)
        expect(own).toEqual([false, false, false, split === lacking])
      })
    }
  })
})

describe("what else a fit takes from its tables and settings", () => {
  const pairs = drawn(40)

  it("takes digest and blocks of the encoder from the activations", async () => {
    const row = { encoder_digest: "abc", blocks: 12 }
    const given = world(pairs, undefined, row)
    for (const fit of await fitAll(given, defaultSettings)) expect(fit).toMatchObject(row)
    const mixed = { ...given, rows: given.rows.map((one, i) => (i === 7 ? { ...one, blocks: 24 } : one)) }
    const error = await rejection(fitAll(mixed, defaultSettings))
    expect(error.message).toBe(
      "the activations are of several encoders: scene scene-0 has encoder_digest abc and 12 blocks, scene scene-7 abc and 24"
    )
    expect(error).toMatchObject({ field: "activations" })
  })

  it("shuffles a perceptron's rows as its random state says, and nothing else", async () => {
    const weightsOf = async (random_state: number) =>
      (await fitAll(world(pairs), { ...defaultSettings, random_state, keep: "weights" })).map(
        ({ probe, weights }) => ({
          probe,
          bytes: Buffer.from((weights as { content: Uint8Array }).content).toString("base64")
        })
      )
    const [zero, other] = [await weightsOf(0), await weightsOf(2 ** 32 - 1)]
    zero.forEach(({ probe, bytes }, i) => expect(bytes === other[i]!.bytes).toBe(probe === "logistic"))
  })

  it("answers for the tokens of its own task and selection", async () => {
    const one = world(pairs, undefined, { selection: "aligned" })
    const other = { ...world(drawn(40, "other-"), undefined, { task: "1", selection: "centre" }) }
    const given: Given = {
      rows: [...one.rows, ...other.rows],
      examples: [...one.examples, ...examplesOf(drawn(40, "other-"), { task: "1" })],
      taps: { embed: [...one.taps["embed"]!, ...other.taps["embed"]!] }
    }
    const listed = fitsOf(given, { probes: ["perceptron"] })
    const fits = await fitAll(given, defaultSettings, undefined, [
      ...listed,
      ...listed.map((fit) => ({ ...fit, selection: "centre" })),
      ...listed.map((fit) => ({ ...fit, selection: "as-published" })),
      ...listed.map((fit) => ({ ...fit, task: "2" }))
    ])
    const seen = new Set(
      fits.map((fit) => JSON.stringify([fit.selection, fit.task, fit.n, fit.undefined_because]))
    )
    expect(seen).toEqual(
      new Set(
        [
          ["aligned", "0", 40, null],
          ["aligned", "1", 0, undefinedBecause.tokenless],
          ["centre", "0", 0, undefinedBecause.tokenless],
          ["centre", "1", 40, null],
          ["as-published", "0", 0, undefinedBecause.unselected],
          ["as-published", "1", 0, undefinedBecause.unselected],
          ["aligned", "2", 0, undefinedBecause.taskless]
        ].map((row) => JSON.stringify(row))
      )
    )
    for (const fit of fits)
      for (const scene of fit.scene) expect(scene.startsWith("other-")).toBe(fit.task === "1")
  })

  it("deals an image to the same fold in every task, whatever encoder it is asked of", async () => {
    const two = [
      ...examplesOf(pairs),
      ...examplesOf(pairs, { task: "1", encoder: "clip" }),
      ...examplesOf(pairs, { task: "1", encoder: "vit" })
    ]
    const rows = world(pairs)
    const given = {
      ...rows,
      rows: rows.rows.map((row) => ({ ...row, task: null })),
      examples: two
    }
    const folds = (fits: ReadonlyArray<NewFit>) =>
      fits.map((fit) => new Map(fit.scene.map((scene, i) => [scene, fit.fold[i]])))
    const of = folds(await fitAll(given, { ...defaultSettings, probes: ["perceptron"] }))
    expect(of).toHaveLength(4)
    for (const one of of) expect(one).toEqual(of[0])
    const elsewhere = await fitAll(given, { ...defaultSettings, probes: ["perceptron"], encoder: "clip" })
    expect(folds(elsewhere)).toEqual(of)
    // another encoder is not asked about the second task
    const third = await fitAll(given, { ...defaultSettings, probes: ["perceptron"], encoder: "dino" })
    expect(third.map(({ task, undefined_because }) => [task, undefined_because])).toEqual([
      ["0", null],
      ["0", null],
      ["1", undefinedBecause.unasked],
      ["1", undefinedBecause.unasked]
    ])
  })

  it("refuses an unknown kind of probe by name", async () => {
    const [fit] = fitsOf(world(pairs), { probes: ["logistic"] })
    const failed = await fitAll(world(pairs), defaultSettings, fakeContext(fitProbes), [
      { ...fit!, probe: "toString" }
    ])
    expect(failed).toEqual([{ failed: 'its probe, "toString", is none of logistic, perceptron' }])
  })
})

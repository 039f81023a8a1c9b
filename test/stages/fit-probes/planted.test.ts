/**
 * Planted truth: representations whose accuracies are known, through fit-probes.
 *
 * With ε ~ N(0, I), a random rotation Q, p = ±1 and s = 1 … 4 the tokens are
 *
 *     x_P = Q(a p e₁ + ρ e₁₊ₛ + ε)    x_S = Q(κ p e₁ + r e₁₊ₛ + ε)    background = Q(β p e₁ + ε)
 *
 * Bayes' rule is linear, and right in A_pp = Φ(a), A_sp = Φ(κ), A_bg = Φ(β) and A_ss = ∫ φ(z) Φ(z + r)³ dz of all
 * cases, A_ps likewise with ρ. A probe that learns from 320 rows falls short of that: `expected` holds the mean and
 * the standard deviation of 40 draws of this very world; `PLANTED_DRAWS=40 npx vitest run fit-probes/planted` prints them
 * anew.
 */
import { beforeAll, describe, expect, it } from "vitest"
import { below, normal, type Random, seededRandom, shuffled } from "../../../src/index.ts"
import { undefinedBecause } from "../../../stages/tables/fits.ts"
import type { NewFit } from "../../../stages/fit-probes/fit-one.ts"
import { defaultSettings, fitAll, type NamedPrediction, namedPredictions, type Settings } from "./fits.ts"

const width = 16
const scenes = 400
const [a, kappa, rho, r, beta] = [1.2, 0.6, 0.8, 2, 0.25]
const tap = "block.0.resid_post"

/** Rows of a rotation: normal vectors made orthonormal one after another (Gram and Schmidt). */
function rotation(random: Random): ReadonlyArray<ReadonlyArray<number>> {
  const rows: Array<Array<number>> = []
  while (rows.length < width) {
    const row = Array.from({ length: width }, () => normal(random))
    for (const other of rows) {
      const along = row.reduce((sum, value, j) => sum + value * other[j]!, 0)
      other.forEach((value, j) => (row[j]! -= along * value))
    }
    const norm = Math.hypot(...row)
    rows.push(row.map((value) => value / norm))
  }
  return rows
}

const names = { primary: ["disc", "square"], secondary: ["cross", "ring", "star", "triangle"] } as const
function plantedWorld(seed: number) {
  const random = seededRandom("planted", seed)
  const q = rotation(random)
  const token = (onP: number, onS: number, p: number, s: number) => {
    const x = Array.from({ length: width }, () => normal(random))
    x[0]! += onP * (2 * p - 1)
    x[1 + s]! += onS
    return Float32Array.from({ length: width }, (_, j) =>
      x.reduce((sum, value, i) => sum + value * q[i]![j]!, 0)
    )
  }
  const noise = () => token(0, 0, 0, 0)
  const constant = new Float32Array(width).fill(0.25)
  const drawn = Array.from({ length: scenes }, (_, i) => ({
    item: `scene-${i}`,
    p: below(random, 2),
    s: below(random, 4)
  }))
  const rows = drawn.flatMap(({ item, p, s }) => [
    { item, source: "image", token: "cls", planted: token(0.4, 0, p, s), embed: constant },
    { item, source: "primary", token: "avg_obj", planted: token(a, rho, p, s), embed: noise() },
    { item, source: "secondary", token: "avg_obj", planted: token(kappa, r, p, s), embed: noise() },
    { item, source: "background", token: "background", planted: token(beta, 0, p, s), embed: noise() }
  ])
  return { rows, drawn, examples: examplesOf(drawn) }
}
type Planted = Pick<ReturnType<typeof plantedWorld>, "rows" | "examples">

const examplesOf = (drawn: ReadonlyArray<{ item: string; p: number; s: number }>) =>
  drawn.flatMap(({ item, p, s }) => {
    const [primary, secondary] = [names.primary[p]!, names.secondary[s]!]
    const common = {
      scene: item,
      image_group: item,
      object: -1,
      task: "0",
      cell: `${primary} × ${secondary}`
    }
    return [
      { ...common, target: "primary", label: primary },
      { ...common, target: "secondary", label: secondary }
    ]
  })

const settings: Settings = {
  ...defaultSettings,
  encoder: "planted",
  split: { kind: "kfold", folds: 5, seeds: 2, seed: 7 }
}
function fitted({ rows, examples }: Planted): Promise<Array<NewFit>> {
  const given = {
    rows: rows.map(({ item, source, token }) => ({ item, source, token, object: -1, task: "0" })),
    examples,
    taps: { embed: rows.map(({ embed }) => embed), [tap]: rows.map(({ planted }) => planted) }
  }
  return fitAll(given, settings)
}

/** Mean recall over cells, pooled over folds and seeds; null if the fit is undefined. */
function accuracyOf({ label, predicted, cell }: NewFit): number | null {
  const cells = new Map<string, { hits: number; rows: number }>()
  cell.forEach((name, i) => {
    const of = cells.get(name) ?? { hits: 0, rows: 0 }
    cells.set(name, { hits: of.hits + Number(label[i] === predicted[i]), rows: of.rows + 1 })
  })
  const recalls = Array.from(cells.values(), ({ hits, rows }) => hits / rows)
  return recalls.length === 0 ? null : recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length
}
const accuracies = ["A_pp", "A_ps", "A_sp", "A_ss", "A_bg"] as const
type Accuracy = (typeof accuracies)[number]
const askedFor: Readonly<Record<Accuracy, readonly [source: string, target: string]>> = {
  A_pp: ["primary", "primary"],
  A_ps: ["primary", "secondary"],
  A_sp: ["secondary", "primary"],
  A_ss: ["secondary", "secondary"],
  A_bg: ["background", "primary"]
}
function at(fits: ReadonlyArray<NewFit>, probe: string, where: string, name: Accuracy): number | null {
  const [source, target] = askedFor[name]
  const fit = fits.find(
    (each) => each.probe === probe && each.tap === where && each.source === source && each.target === target
  )
  if (fit === undefined) throw new Error(`no ${name} at ${where} by ${probe}`)
  return accuracyOf(fit)
}
const probes = ["logistic", "perceptron"] as const

/** [mean, standard deviation] over the draws 1 … 40 */
const expected: Readonly<Record<(typeof probes)[number], Record<Accuracy, readonly [number, number]>>> = {
  logistic: {
    A_pp: [0.8717, 0.0191],
    A_ps: [0.4572, 0.0204],
    A_sp: [0.7091, 0.0259],
    A_ss: [0.7949, 0.0198],
    A_bg: [0.5726, 0.0277]
  },
  perceptron: {
    A_pp: [0.8302, 0.0263],
    A_ps: [0.3685, 0.0238],
    A_sp: [0.6372, 0.0217],
    A_ss: [0.7399, 0.0199],
    A_bg: [0.5289, 0.0187]
  }
}

/** ∫ f over −9 … to, by the trapezoidal rule. */
function integral(f: (z: number) => number, to: number): number {
  const step = (to + 9) / 400
  let sum = (f(-9) + f(to)) / 2
  for (let i = 1; i < 400; i++) sum += f(-9 + i * step)
  return sum * step
}
const density = (z: number) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
const cdf = (z: number) => integral(density, z)
const firstOfFour = (shift: number) => integral((z) => density(z) * cdf(z + shift) ** 3, 9)
const bayes: Readonly<Record<Accuracy, number>> = {
  A_pp: cdf(a),
  A_ps: firstOfFour(rho),
  A_sp: cdf(kappa),
  A_ss: firstOfFour(r),
  A_bg: cdf(beta)
}

const draws = Number(process.env["PLANTED_DRAWS"] ?? 0)
it.runIf(draws > 0)(
  "prints what to expect at this size (asked for by PLANTED_DRAWS=40)",
  async () => {
    const all = new Map<string, Array<number>>()
    for (let seed = 1; seed <= draws; seed++) {
      const fits = await fitted(plantedWorld(seed))
      for (const probe of probes)
        for (const name of accuracies) {
          const key = `${probe} ${name}`
          all.set(key, [...(all.get(key) ?? []), at(fits, probe, tap, name)!])
        }
    }
    for (const [key, values] of all) {
      const mean = values.reduce((sum, value) => sum + value, 0) / draws
      const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
      console.log(`${key}: [${mean.toFixed(4)}, ${Math.sqrt(squares / (draws - 1)).toFixed(4)}]`)
    }
  },
  600_000
)

describe("a planted truth (draw 41)", () => {
  let fits: ReadonlyArray<NewFit>
  let predictions: ReadonlyArray<NamedPrediction>
  beforeAll(async () => {
    fits = await fitted(plantedWorld(41))
    predictions = namedPredictions(fits)
  })

  it.each(accuracies)("%s is expected below Bayes, and not far", (name) => {
    const [mean, spread] = expected.logistic[name]
    const standardError = spread / Math.sqrt(40)
    expect(mean).toBeLessThan(bayes[name] + 3 * standardError)
    expect(mean).toBeGreaterThan(bayes[name] - 0.06)
    expect(expected.perceptron[name][0]).toBeLessThan(mean)
  })

  describe.each(probes)("by the %s probe", (probe) => {
    it.each(accuracies)("gives %s back, and chance at embed", (name) => {
      const [mean, spread] = expected[probe][name]
      // 1 in 1,000 draws is farther off
      expect(Math.abs(at(fits, probe, tap, name)! - mean)).toBeLessThan(3.3 * spread)
      const chance = name === "A_ps" || name === "A_ss" ? 0.25 : 0.5
      // the mean recall of 400 guesses over eight cells has a standard deviation of about .025
      expect(Math.abs(at(fits, probe, "embed", name)! - chance)).toBeLessThan(0.085)
    })

    it("leaves undefined what a constant tap cannot know", () => {
      const cls = fits.filter(({ tap: of, token }) => of === "embed" && token === "cls")
      expect(cls).toHaveLength(4)
      for (const fit of cls)
        expect(fit).toMatchObject({ n: scenes, undefined_because: undefinedBecause.constant, predicted: [] })
    })
  })

  it("says how many scenes and classes there were, and of splits C and the accuracy within the training rows", () => {
    expect(fits).toHaveLength(2 * 2 * 8)
    for (const fit of fits) {
      expect(fit).toMatchObject({ n: scenes, images: scenes, folds: 5, seeds: 2 })
      expect(fit.classes).toBe(fit.target === "primary" ? 2 : 4)
      // 50 scenes a cell: each secondary has both primaries in every training set
      expect(fit.one_sided.includes(true)).toBe(false)
      if (fit.probe !== "logistic" || fit.undefined_because !== null || fit.tap === "embed") continue
      const inner = fit.inner_accuracy.reduce((sum, value) => sum + value, 0) / 10
      expect(Math.abs(inner - accuracyOf(fit)!)).toBeLessThan(0.05)
    }
  })

  it("holds each example out once a seed, with its image in one fold for all taps, tokens and targets", () => {
    const folds = new Map<string, number>()
    const seen = new Set<string>()
    for (const { probe, tap: of, token, source, target, seed, fold, scene } of predictions) {
      const key = JSON.stringify([probe, of, token, source, target, seed, scene])
      expect(seen.has(key)).toBe(false)
      seen.add(key)
      const image = `${seed} ${scene}`
      expect(folds.get(image) ?? fold).toBe(fold)
      folds.set(image, fold)
    }
    // two fits of CLS at embed are undefined for each probe
    expect(seen.size).toBe(2 * (2 * 8 - 2) * 2 * scenes)
    const dealt = (seed: number) => Array.from({ length: scenes }, (_, i) => folds.get(`${seed} scene-${i}`)!)
    expect(dealt(0)).not.toEqual(dealt(1))
    for (const seed of [0, 1])
      for (let fold = 0; fold < 5; fold++)
        // eight strata, each dealt to within one image
        expect(Math.abs(dealt(seed).filter((of) => of === fold).length - scenes / 5)).toBeLessThanOrEqual(8)
  })

  it("gives the same whatever the order of the activations' rows", async () => {
    const { rows: tokens, examples } = plantedWorld(41)
    const mixed = shuffled(seededRandom("order"), tokens)
    expect(mixed).not.toEqual(tokens)
    expect(namedPredictions(await fitted({ rows: mixed, examples }))).toEqual(predictions)
  })

  it("tells nothing once labels are dealt anew to the scenes: chance", async () => {
    const { rows: tokens, drawn } = plantedWorld(41)
    const dealt = shuffled(seededRandom("permuted"), drawn)
    const examples = examplesOf(dealt.map(({ p, s }, i) => ({ item: drawn[i]!.item, p, s })))
    for (const fit of await fitted({ rows: tokens, examples })) {
      const accuracy = accuracyOf(fit)
      // 400 guesses over eight cells: standard deviations of about .025 for two classes, .022 for four
      if (accuracy !== null) expect(Math.abs(accuracy - 1 / fit.classes)).toBeLessThan(0.1)
    }
  })
})

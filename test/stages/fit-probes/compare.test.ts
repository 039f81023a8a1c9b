import { beforeAll, describe, expect, it } from "vitest"
import type { Comparison } from "../../../src/index.ts"
import { Problem } from "../../../src/support/problem.ts"
import type { NewFit } from "../../../stages/fit-probes/fit-one.ts"
import { fitProbes } from "../../../stages/fit-probes/stage.ts"
import { scoreOf } from "../../../stages/score-probes/score.ts"
import { fitId } from "../../../stages/tables/fits.ts"
import { tableOf } from "../fakes.ts"
import { type PairSide, pairWorld, plantedFits } from "../planted/planted-pairs.ts"
import { exampleOf } from "./fits.ts"

const noInputs = { activations: tableOf([]), examples: tableOf([]) }
const artifact = (fits: ReadonlyArray<NewFit>, inputs: object = noInputs) => ({
  output: tableOf(fits.map((fit) => ({ item: fitId(fit), ...fit }))),
  inputs,
  params: { encoder: "planted" }
})
const compare = async (
  a: ReadonlyArray<NewFit>,
  b: ReadonlyArray<NewFit>,
  thresholds: Readonly<Record<string, number>> = {}
): Promise<Comparison> =>
  fitProbes.stage.spec.compare!.artifacts(artifact(a) as never, artifact(b) as never, thresholds)
const rowsOf = (found: Comparison) => {
  const { columns, rows } = found.tables["fits"]!
  return rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])))
}
/** Changes the answers of some predictions. */
const answered = (fit: NewFit, change: (i: number) => string | null): NewFit => ({
  ...fit,
  predicted: fit.predicted.map((answer, i) => change(i) ?? answer)
})
/** Only some predictions. */
const lists = [
  "seed",
  "fold",
  "scene",
  "image",
  "object",
  "cell",
  "label",
  "predicted",
  "log_probability",
  "one_sided"
] as const
const only = (fit: NewFit, keep: (i: number) => boolean): NewFit => ({
  ...fit,
  ...(Object.fromEntries(
    lists.map((name) => [name, (fit[name] as ReadonlyArray<unknown>).filter((_, i) => keep(i))])
  ) as object)
})

const side: PairSide = {
  strengths: { a: 1.2, rho: 0.8, kappa: 0.8, r: 1.8 },
  images: 1,
  noise: 1,
  split: 0
}
const options = { scenes: 200, seeds: 2, probe: "perceptron" } as const
let a: ReadonlyArray<NewFit>
let other: ReadonlyArray<NewFit>
beforeAll(async () => {
  a = await plantedFits(side, options)
  other = await plantedFits({ ...side, noise: 2 }, options)
})
const first = () => a[0]!

describe("compare of fit-probes", () => {
  it("has the accuracies that score-probes has, and their paired difference", async () => {
    const rows = rowsOf(await compare(a, other))
    expect(rows).toHaveLength(8)
    rows.forEach((row, i) => {
      const [ours, theirs] = [scoreOf(a[i]! as never), scoreOf(other[i]! as never)]
      expect(row["a"]).toBeCloseTo(ours.balanced_accuracy!, 12)
      expect(row["b"]).toBeCloseTo(theirs.balanced_accuracy!, 12)
      expect(row["difference"]).toBeCloseTo(theirs.balanced_accuracy! - ours.balanced_accuracy!, 12)
      const differences = theirs.run_accuracy.map((value, run) => value - ours.run_accuracy[run]!)
      const mean = differences.reduce((sum, one) => sum + one, 0) / 10
      const squares = differences.reduce((sum, one) => sum + (one - mean) * (one - mean), 0)
      expect(row["standard_error"]).toBeCloseTo(Math.sqrt((squares / 9) * (1 / 10 + 1 / 4)), 12)
      expect(row["degrees"]).toBe(9)
    })
  })

  it("counts flips, and what each side alone has right", async () => {
    const { label, predicted } = first()
    const right = predicted.map((answer, i) => answer === label[i])
    const wrong = (i: number) => (label[i] === "cup" ? "fork" : "cup")
    // ten right answers become wrong, three wrong ones right
    const lose = new Set([...right.keys()].filter((i) => right[i]).slice(0, 10))
    const gain = new Set([...right.keys()].filter((i) => !right[i]).slice(0, 3))
    const changed = answered(first(), (i) => (lose.has(i) ? wrong(i) : gain.has(i) ? label[i]! : null))
    const found = await compare([first()], [changed])
    expect(rowsOf(found)[0]).toMatchObject({
      predictions: 400,
      flip_rate: 13 / 400,
      lost: 10,
      gained: 3,
      same_folds: true,
      // two seeds: two predictions an image
      paired_test: "sign flips by image",
      examples_both: 200,
      examples_only_a: 0
    })
    expect(found.lines.join("\n")).toMatch(/answers: 3\.3 % of 400 predictions differ/)
  })

  it("uses McNemar's test where an image has one prediction", async () => {
    const one = only(first(), (i) => first().seed[i] === 0)
    const theirs = only(other[0]!, (i) => other[0]!.seed[i] === 0)
    const row = rowsOf(await compare([{ ...one, seeds: 1 }], [{ ...theirs, seeds: 1 }]))[0]!
    expect(row["paired_test"]).toBe("McNemar")
    expect(row["paired_p"]).toBeGreaterThan(0)
    expect(row["bootstrap_low"]).toBeLessThan(row["difference"] as number)
    expect(row["bootstrap_high"]).toBeGreaterThan(row["difference"] as number)
  })

  it("is the same for equal answers of logistic probes; a Perceptron's show only that no answer differs", async () => {
    const logistic = { ...first(), log_probability: first().seed.map(() => -0.5) }
    expect(rowsOf(await compare([logistic], [logistic]))[0]).toMatchObject({ equal: true, verdict: "same" })
    const perceptron = await compare([first()], [first()])
    expect(rowsOf(perceptron)[0]).toMatchObject({ equal: false, difference: 0, verdict: "same" })
    expect(perceptron.lines.join("\n")).toMatch(/answers: all 400 predictions are equal/)
    const few = only(first(), (i) => Number(first().scene[i]!.split("-")[1]) < 40)
    expect(rowsOf(await compare([few], [few]))[0]).toMatchObject({ difference: 0, verdict: "inconclusive" })
  })

  it("compares only what both sides were asked about, and counts the rest", async () => {
    const scene = (i: number) => Number(first().scene[i]!.split("-")[1])
    const found = await compare([only(first(), (i) => scene(i) < 195)], [only(first(), (i) => scene(i) >= 3)])
    expect(rowsOf(found)[0]).toMatchObject({
      difference: 0,
      examples_both: 192,
      examples_only_a: 3,
      examples_only_b: 5
    })
    expect(found.lines.join("\n")).toMatch(/not compared, at most, of a fit: 3 in a alone, 5 in b alone/)
  })

  it("leaves out examples with another right answer", async () => {
    const relabelled: NewFit = {
      ...first(),
      label: first().label.map((label, i) =>
        first().scene[i] === first().scene[0] ? (label === "cup" ? "fork" : "cup") : label
      )
    }
    expect(rowsOf(await compare([first()], [relabelled]))[0]).toMatchObject({
      difference: 0,
      examples_both: 199,
      examples_relabelled: 1
    })
  })

  it("compares all examples of each side where few are shared, and says so", async () => {
    const fresh = await plantedFits({ ...side, images: 2 }, options)
    const found = await compare(a, fresh)
    expect(found.verdict).not.toBe("same")
    expect(rowsOf(found)[0]).toMatchObject({ examples_both: 0, flip_rate: null, kappa: null })
    expect(found.lines.join("\n")).toMatch(/8 fits share few examples or none/)
  })

  it("says where folds differ", async () => {
    const refolded = await plantedFits({ ...side, split: 1 }, options)
    const found = await compare(a, refolded)
    expect(rowsOf(found)[0]).toMatchObject({ same_folds: false, examples_both: 200 })
    expect(found.verdict).not.toBe("different")
    expect(found.lines).toContain(
      "folds differ: examples were held out in other folds, which widens the intervals"
    )
  })

  it("finds a planted change, in the fits that it touches", async () => {
    const changed = await plantedFits({ ...side, strengths: { ...side.strengths, r: 0 } }, options)
    const found = await compare(a, changed)
    expect(found.verdict).toBe("different")
    const different = rowsOf(found).filter(({ verdict }) => verdict === "different")
    expect(different.length).toBeGreaterThan(0)
    for (const row of different) expect(row).toMatchObject({ source: "secondary", target: "secondary" })
    expect(found.lines[1]).toMatch(
      /^accuracy of perceptron\/aligned\/block\.\d\.resid_post\/avg_obj\/secondary\/planted\/secondary: .*: different$/
    )
  })

  it("pairs fits whatever their order, and counts those of one side and undefined ones", async () => {
    const reversed = await compare(a, a.toReversed())
    expect(rowsOf(reversed).map(({ difference }) => difference)).toEqual(a.map(() => 0))
    const undefinedFit: NewFit = {
      ...only(a[1]!, () => false),
      undefined_because: "the tap is constant over the training rows"
    }
    const found = await compare(a.slice(0, 4), [a[0]!, undefinedFit, ...a.slice(3)])
    expect(rowsOf(found)).toHaveLength(2)
    expect(found.lines.join("\n")).toMatch(
      /fits of a alone: 1, such as perceptron.*\nfits of b alone: 4, such as .*\nfits that are undefined in b alone: 1/
    )
  })

  it("draws no conclusion without intervals or without a common fit", async () => {
    const holdout = (fit: NewFit): NewFit => ({
      ...only(fit, (i) => fit.fold[i] === 0),
      folds: 1
    })
    const found = await compare([holdout(first())], [holdout(other[0]!)])
    expect(found.verdict).toBeNull()
    expect(found.lines.join("\n")).toMatch(/fits without an interval, and so without a verdict: 1/)
    const nothing = await compare([a[0]!], [a[1]!])
    expect(nothing.verdict).toBeNull()
    expect(nothing.lines[0]).toBe("nothing to compare: the two have no fit in common")
  })

  it("has a wider margin for one of several tasks", async () => {
    const tasks = ["0", "1"].map((task): NewFit => ({ ...first(), task }))
    expect(rowsOf(await compare(tasks, tasks)).map(({ delta }) => delta)).toEqual([0.05, 0.05])
    expect(rowsOf(await compare([first()], [first()]))[0]!["delta"]).toBe(0.02)
    expect(rowsOf(await compare(tasks, tasks, { accuracy_of_task: 0.1 })).map(({ delta }) => delta)).toEqual([
      0.1, 0.1
    ])
  })

  describe("probe transfer", () => {
    const kept = { ...options, scenes: 120, seeds: 1, keep: "weights" } as const
    /** Weights as the store gives them. */
    const stored = (fits: ReadonlyArray<NewFit>) =>
      fits.map((fit) => {
        const { content } = fit.weights as { content: Uint8Array }
        return {
          ...fit,
          // as the store reads it: a Buffer
          weights: { sha256: "", size: content.length, bytes: async () => Buffer.from(content) }
        } as never
      })
    const inputsOf = (of: PairSide, change: (x: Float32Array) => Float32Array = (x) => x) => {
      const { rows, taps, examples } = pairWorld(of, kept.scenes)
      return {
        activations: tableOf(
          rows.map((row) => ({ encoder_digest: null, ...row })),
          {
            activation: Object.fromEntries(
              Object.entries(taps).map(([tap, vectors]) => [tap, vectors.map(change)])
            )
          }
        ),
        examples: tableOf(examples.map(exampleOf))
      }
    }
    const transferred = async (b: ReadonlyArray<NewFit>, inputs: object) =>
      fitProbes.stage.spec.compare!.artifacts(
        artifact(stored(await plantedFits(side, kept))) as never,
        artifact(b, inputs) as never,
        {}
      )

    it.each(["logistic", "perceptron"] as const)(
      "has no gap on the same activations, with %s probes",
      async (probe) => {
        const fits = await plantedFits(side, { ...kept, probe })
        const found = await fitProbes.stage.spec.compare!.artifacts(
          artifact(stored(fits)) as never,
          artifact(fits, inputsOf(side)) as never,
          {}
        )
        const rows = rowsOf(found)
        expect(rows).toHaveLength(8)
        for (const row of rows) expect(row).toMatchObject({ transfer_gap: 0, transfer_accuracy: row["b"] })
      }
    )

    it("finds that a rotated representation is as good, but not for a's probes", async () => {
      // a rotation by half a turn in every plane leaves the probes of b as good as a's
      const rotated = (x: Float32Array) => x.map((value) => -value)
      const b = await plantedFits(side, kept)
      const found = await transferred(b, inputsOf(side, rotated))
      const own = rowsOf(found).find(
        ({ source, target, tap }) =>
          source === "primary" && target === "primary" && tap === "block.1.resid_post"
      )!
      expect(own["difference"]).toBe(0)
      expect(own["transfer_gap"]).toBeGreaterThan(0.5)
      expect(found.lines.join("\n")).toMatch(/a's probes on b's activations: b's own accuracy is higher by/)
    })

    it("is undefined across widths, and where tensors are not given, and says so", async () => {
      const b = await plantedFits(side, kept)
      const wide = await transferred(
        b,
        inputsOf(side, (x) => Float32Array.of(...x, 0))
      )
      expect(rowsOf(wide)[0]).toMatchObject({ transfer_gap: null })
      expect(wide.lines).toContain("probe transfer is undefined: a's activations have 8 features, b's 9")
      const refusing = {
        ...inputsOf(side),
        activations: {
          ...tableOf([]),
          tensor: async () => {
            throw new Problem("StageFailed", "the port does not declare the column")
          }
        }
      }
      expect((await transferred(b, refusing)).lines).toContain(
        "probe transfer is undefined: the comparison was not given the tensors of b's activations"
      )
    })
  })

  it("is plain JSON", async () => {
    const found = await compare(a, other)
    expect(JSON.parse(JSON.stringify(found))).toEqual(found)
  })
})

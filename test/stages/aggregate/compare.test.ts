import { describe, expect, it } from "vitest"
import type { Comparison, ComparisonTable } from "../../../src/index.ts"
import { normal, seededRandom } from "../../../src/support/random.ts"
import { studentTQuantile } from "../../../stages/statistics/student-t.ts"
import type { Score } from "../../../stages/tables/scores.ts"
import { comparedScores, plantedScores } from "../planted/planted-pairs.ts"
import { pairOf, scoreRow, undefinedRow } from "./scores.ts"

/** Runs of S × 5 folds around a mean. */
const runsAround = (mean: number, spread: number, label: string, seeds = 5): Array<number> => {
  const random = seededRandom("runs", label)
  return Array.from({ length: 5 * seeds }, () => mean + spread * normal(random))
}
const shifted = (runs: ReadonlyArray<number>, by: number) => runs.map((run) => run + by)
const means = { A_pp: 0.9, A_ps: 0.4, A_sp: 0.7, A_ss: 0.8 } as const
type MeasureName = keyof typeof means

/** The scores of a pair with five seeds; `by` shifts some. */
function scoresOf(
  by: Partial<Record<MeasureName, number>> = {},
  some: Partial<Score> = {},
  noise = ""
): Array<Score> {
  const names = Object.keys(means) as Array<MeasureName>
  const runs = Object.fromEntries(
    names.map((name) => [
      name,
      shifted(runsAround(means[name], 0.02, `${name}${some.task ?? ""}`), by[name] ?? 0).map(
        (value, run) => value + (noise === "" ? 0 : runsAround(0, 0.002, noise + name)[run]!)
      )
    ])
  )
  return pairOf(runs, { folds: 5, seeds: 5, inner_accuracy: runs["A_ss"]!, images: 2000, ...some })
}

const rowsOf = ({ columns, rows }: ComparisonTable) =>
  rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])))
const overall = (comparison: Comparison) =>
  new Map(rowsOf(comparison.tables["overall"]!).map((row) => [row["quantity"], row]))

describe("compare of aggregate", () => {
  it("calls equal answers the same, whatever their intervals", async () => {
    const found = await comparedScores(scoresOf(), scoresOf())
    expect(found.verdict).toBe("same")
    expect(overall(found).get("A_sp")).toMatchObject({ difference: 0, equal: true, verdict: "same" })
    expect(found.lines[0]).toMatch(/same answers: same$/)
  })

  it("finds a fall of A_sp, and of M2 with it, but no change of the others", async () => {
    const found = await comparedScores(scoresOf(), scoresOf({ A_sp: -0.06 }, {}, "b"))
    expect(found.verdict).toBe("different")
    const of = overall(found)
    expect(of.get("A_sp")!["verdict"]).toBe("different")
    expect(of.get("corrected M2")!["verdict"]).toBe("different")
    for (const name of ["A_pp", "A_ps", "A_ss"]) expect(of.get(name)!["verdict"], name).toBe("same")
    expect(found.lines[0]).toMatch(
      /^(A_sp|corrected M2) of avg_obj in 0 at block\.3\.resid_post: \.\d+ → \.\d+ \(−\.\d+, 90 % −\.\d+ to −\.\d+\): different$/
    )
  })

  it("names its differences, so that several comparisons can be set side by side", async () => {
    const { effects = [] } = await comparedScores(scoresOf(), scoresOf({ A_sp: -0.06 }, {}, "b"))
    const names = effects.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(names).toContain("A_sp of avg_obj")
    expect(effects.find(({ name }) => name === "A_sp of avg_obj")!.difference).toBeCloseTo(-0.06, 2)
  })

  it("has the corrected paired interval, worked by hand", async () => {
    const [a, b] = [scoresOf(), scoresOf({}, {}, "b")]
    const row = overall(await comparedScores(a, b)).get("A_ss")!
    const of = (scores: Array<Score>) =>
      scores.find(({ source, target }) => source === "secondary" && target === "secondary")!
    const differences = of(b).run_accuracy.map((value, run) => value - of(a).run_accuracy[run]!)
    const mean = differences.reduce((sum, one) => sum + one, 0) / 25
    const squares = differences.reduce((sum, one) => sum + (one - mean) * (one - mean), 0)
    const se = Math.sqrt((squares / 24) * (1 / 25 + 1 / 4))
    expect(row["difference"]).toBeCloseTo(mean, 12)
    expect(row["standard_error"]).toBeCloseTo(se, 12)
    expect(row["high"]).toBeCloseTo(mean + studentTQuantile(0.95, 24) * se, 10)
  })

  it("says how large an inconclusive difference may be, and how many images would settle it", async () => {
    const noisy = scoresOf({ A_sp: -0.02 }).map((score) => ({
      ...score,
      run_accuracy: runsAround(score.balanced_accuracy!, 0.04, `noisy ${score.source}${score.target}`)
    }))
    const found = await comparedScores(scoresOf(), noisy)
    expect(found.verdict).toBe("inconclusive")
    const row = overall(found).get("A_sp")!
    expect(row["largest_compatible"]).toBe(Math.max(-(row["low"] as number), row["high"] as number))
    expect(row["images_for_different"]).toBeGreaterThan(2000)
    expect(found.lines.join("\n")).toMatch(/it may be as large as \.\d+; about [\d,]+ images would show/)
  })

  it("needs more than 26 images that agree", async () => {
    // a Perceptron's scores do not show whether the answers were the same
    const few = (images: number) => scoresOf({}, { images, log_loss: null })
    expect((await comparedScores(few(26), few(26))).verdict).toBe("inconclusive")
    expect((await comparedScores(few(2000), few(2000))).verdict).toBe("same")
  })

  it("takes the mean over tasks for the overall verdict, and a wider margin for one task", async () => {
    const tasks = (by: number, noise = "") => [
      ...scoresOf({ A_ss: by }, { task: "0" }, noise),
      ...scoresOf({ A_ss: -by }, { task: "1" }, noise)
    ]
    const found = await comparedScores(tasks(0), tasks(0.03, "b"))
    expect(found.verdict).toBe("same")
    const cells = rowsOf(found.tables["cells"]!).filter(({ quantity }) => quantity === "A_ss")
    expect(cells.map(({ task, tasks: count, delta }) => [task, count, delta])).toEqual([
      ["0", 1, 0.05],
      ["1", 1, 0.05],
      [null, 2, 0.02]
    ])
    expect(rowsOf(found.tables["overall"]!)[0]!["tasks"]).toBe(2)
  })

  it("takes thresholds", async () => {
    const [a, b] = [scoresOf(), scoresOf({ A_sp: -0.06 }, {}, "b")]
    const wide = await comparedScores(a, b, { accuracy: 0.1, m2_corrected: 0.5 })
    expect(wide.verdict).toBe("same")
  })

  it("holds a's layer: the best within the training rows, fold by fold", async () => {
    const at = (tap: string, inner: Array<number>, noise = "") =>
      scoresOf({}, { tap, inner_accuracy: inner }, noise)
    const [high, low] = [runsAround(0.9, 0, "x"), runsAround(0.5, 0, "x")]
    // b would choose block 9
    const mixed = high.map((value, run) => (run < 20 ? value : 0.4))
    const a = [...at("block.3.resid_post", mixed), ...at("block.9.resid_post", low)]
    const b = [...at("block.3.resid_post", low, "b"), ...at("block.9.resid_post", high, "b")]
    const found = await comparedScores(a, b)
    expect(overall(found).get("A_ss")!["tap"]).toBe("block.3.resid_post in 20 of 25 folds")
  })

  it("takes the last block where there is no inner accuracy", async () => {
    const none = runsAround(NaN, 0, "x")
    const scores = (noise: string) =>
      ["embed", "block.10.resid_post", "block.9.resid_post"].flatMap((tap) =>
        scoresOf({}, { tap, inner_accuracy: none }, noise)
      )
    const found = await comparedScores(scores(""), scores("b"))
    expect(overall(found).get("A_ss")!["tap"]).toBe("block.10.resid_post")
  })

  it("leaves corrected M2 out where A_pp is near chance, on either side", async () => {
    const found = await comparedScores(scoresOf(), scoresOf({ A_pp: -0.38 }))
    expect([...overall(found).keys()]).not.toContain("corrected M2")
    expect(found.verdict).toBe("different")
  })

  it("compares one encoder on each side whatever its name, several by name, and counts the rest", async () => {
    const renamed = await comparedScores(scoresOf(), scoresOf({}, { encoder: "clip" }, "b"))
    expect(renamed.verdict).toBe("same")
    expect(renamed.lines).toContain("encoders are compared under different names: vit, clip")
    const several = await comparedScores(
      [...scoresOf(), ...scoresOf({}, { encoder: "clip" })],
      [...scoresOf({}, {}, "b"), ...scoresOf({}, { encoder: "dino" })]
    )
    expect(new Set(rowsOf(several.tables["cells"]!).map(({ encoder }) => encoder))).toEqual(new Set(["vit"]))
    expect(several.lines).toContain("cells without a counterpart, which are not compared: 4 of a, 4 of b")
  })

  it("says where examples differ, and adds variances where seeds do", async () => {
    const found = await comparedScores(scoresOf(), scoresOf({}, { examples_digest: "other" }, "b"))
    expect(found.lines.at(-1)).toMatch(/asked about different examples/)
    const one = scoresOf().map((score) => ({
      ...score,
      seeds: 1,
      run_accuracy: score.run_accuracy.slice(0, 5),
      inner_accuracy: score.inner_accuracy.slice(0, 5)
    }))
    const unlike = overall(await comparedScores(scoresOf(), one)).get("A_ss")!
    const like = overall(await comparedScores(scoresOf(), scoresOf({}, {}, "b"))).get("A_ss")!
    expect(unlike["standard_error"]).toBeGreaterThan(3 * (like["standard_error"] as number))
  })

  it("draws no conclusion without intervals, or without a common question, and says why", async () => {
    const holdout = (noise: string) =>
      scoresOf({}, {}, noise).map((score) => ({ ...score, folds: 1, seeds: 25 }))
    const without = await comparedScores(holdout(""), holdout("b"))
    expect(without.verdict).toBeNull()
    expect(without.lines.join("\n")).toMatch(/no overall verdict on vit: no tap has an interval/)
    const nothing = await comparedScores(scoresOf(), scoresOf({}, { token: "random" }))
    // not null: values would call them different
    expect(nothing.verdict).toBe("inconclusive")
    expect(nothing.lines).toContain("nothing to compare: the two were asked no question in common")
  })

  it("compares questions that are not about pairs, with accuracy's margin", async () => {
    const category = (by: number) => [
      scoreRow(shifted(runsAround(0.8, 0.02, "category"), by), {
        source: "object",
        target: "category",
        task: null,
        folds: 5,
        seeds: 5,
        images: 2000
      })
    ]
    const found = await comparedScores(category(0), category(0.05))
    expect(found.verdict).toBe("different")
    expect(rowsOf(found.tables["overall"]!)).toMatchObject([{ quantity: "accuracy", delta: 0.02 }])
  })

  it("passes over undefined fits", async () => {
    const undefinedSs = undefinedRow({ source: "secondary", target: "secondary", tap: "embed" })
    const found = await comparedScores([...scoresOf(), undefinedSs], [...scoresOf({}, {}, "b"), undefinedSs])
    expect(found.verdict).toBe("same")
    expect(rowsOf(found.tables["cells"]!).find(({ tap }) => tap === "embed")).toMatchObject({
      difference: null,
      verdict: null
    })
  })

  it("has the curves of both sides and the differences by tap and token, as plain JSON", async () => {
    const a = [...scoresOf(), ...scoresOf({}, { token: "random_obj", tap: "embed" })]
    const found = await comparedScores(a, scoresOf({}, {}, "b"))
    const curves = rowsOf(found.tables["accuracy_by_tap"]!)
    expect(curves.filter(({ side }) => side === "a")).toHaveLength(8)
    expect(curves.filter(({ side }) => side === "b")).toHaveLength(4)
    expect(rowsOf(found.tables["delta_by_tap_token"]!)).toHaveLength(4)
    expect(JSON.parse(JSON.stringify(found))).toEqual(found)
    expect(found.lines.length).toBeLessThanOrEqual(12)
  })
})

describe("planted pairs", () => {
  const strengths = { a: 1.2, rho: 0.8, kappa: 0.8, r: 1.8 }
  const side = { strengths, images: 1, noise: 1, split: 0 }
  const options = { scenes: 300, seeds: 5, probe: "perceptron" } as const

  it("new folds are not a difference; a planted change of half of the representation is", async () => {
    const a = await plantedScores(side, options)
    const folds = await comparedScores(a, await plantedScores({ ...side, split: 1 }, options))
    expect(folds.verdict).not.toBe("different")
    const changed = { ...side, strengths: { ...strengths, a: 0.1, r: 0.2 } }
    expect((await comparedScores(a, await plantedScores(changed, options))).verdict).toBe("different")
  }, 60_000)
})

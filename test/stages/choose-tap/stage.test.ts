import { expect, it } from "vitest"
import { seededRandom } from "../../../src/index.ts"
import { chosenTaps, type InnerFit } from "../../../stages/choose-tap/choice.ts"
import type { SplicedFit } from "../../../stages/choose-tap/splice.ts"
import { chooseTap } from "../../../stages/choose-tap/stage.ts"
import { computeOf, fakeContext, rejection, tableOf, collect } from "../fakes.ts"

type Fitted = SplicedFit & { readonly chosen?: ReadonlyArray<string> }
interface Made {
  readonly tap: string
  readonly token?: string
  readonly source?: string
  readonly target?: string
  readonly task?: string
  /** by seed and fold; NaN: there is none */
  readonly inner: ReadonlyArray<number>
  readonly predicted?: (run: number, image: number) => string
  readonly undefined_because?: string | null
}
const [folds, images] = [5, 4]
/** A fit with four held-out images a fold. */
function fit({
  tap,
  token = "avg_obj",
  source = "secondary",
  target = "secondary",
  task = "0",
  ...of
}: Made): Fitted {
  const { inner, predicted = () => tap, undefined_because = null } = of
  const runs = undefined_because === null ? [...inner.keys()] : []
  const each = <A>(value: (run: number, image: number) => A) =>
    runs.flatMap((run) => Array.from({ length: images }, (_, image) => value(run, image)))
  return {
    encoder: "vit",
    encoder_digest: "d",
    blocks: 3,
    probe: "logistic",
    selection: "aligned",
    tap,
    token,
    source,
    task,
    target,
    n: folds * images,
    images: folds * images,
    classes: 2,
    folds,
    seeds: inner.length / folds,
    undefined_because,
    seed: each((run) => Math.floor(run / folds)),
    fold: each((run) => run % folds),
    scene: each((run, image) => `${run % folds}-${image}`),
    image: each((run, image) => `${run % folds}-${image}`),
    object: each(() => -1),
    cell: each(() => "cup"),
    label: each(() => "cup"),
    predicted: each(predicted),
    log_probability: each(() => -1),
    one_sided: each(() => false),
    split_seed: runs.map((run) => Math.floor(run / folds)),
    split_fold: runs.map((run) => run % folds),
    c: runs.map(() => 1),
    edge: runs.map(() => ""),
    converged: runs.map(() => true),
    epochs: runs.map(() => 0),
    inner_accuracy: runs.map((run) => inner[run]!)
  }
}
const choose = (fits: ReadonlyArray<Fitted>, among = "block.*.resid_post"): Promise<ReadonlyArray<any>> =>
  collect(computeOf(chooseTap)({ fits: tableOf(fits) }, { among }, fakeContext(chooseTap)))
const [b0, b1, b2] = ["block.0.resid_post", "block.1.resid_post", "block.2.resid_post"] as const

it("takes in each outer fold the predictions of the tap with the best inner A_ss there, in the folds' order", async () => {
  const fits = [
    fit({ tap: b0, inner: [0.9, 0.5, 0.5, 0.7, 0.5] }),
    fit({ tap: b1, inner: [0.6, 0.8, 0.5, 0.7, 0.4] }),
    fit({ tap: b0, source: "secondary_vs_background", target: "primary", inner: [0.1, 0.1, 0.1, 0.1, 0.1] }),
    fit({ tap: b1, source: "secondary_vs_background", target: "primary", inner: [0.9, 0.9, 0.9, 0.9, 0.9] })
  ]
  const rows = await choose(fits)
  const taps = [b0, b1, b0, b0, b0]
  expect(rows.map(({ id }) => id)).toEqual([
    "logistic/aligned/chosen/avg_obj/secondary/0/secondary",
    "logistic/aligned/chosen/avg_obj/secondary_vs_background/0/primary"
  ])
  for (const row of rows) {
    expect(row).toMatchObject({ tap: "chosen", n: 20, undefined_because: null, weights: null, chosen: taps })
    // equal ones go to the first
    expect(row.predicted).toEqual(taps.flatMap((tap) => Array(images).fill(tap)))
    expect(row.fold).toEqual([0, 1, 2, 3, 4].flatMap((fold) => Array(images).fill(fold)))
    expect(row.scene[4]).toBe("1-0")
    expect(row.split_fold).toEqual([0, 1, 2, 3, 4])
  }
  expect(rows[1].inner_accuracy).toEqual([0.1, 0.9, 0.1, 0.1, 0.1])
})

it("means over tasks choose one tap for all tasks; kinds of token choose for themselves", async () => {
  const flat = (value: number) => Array<number>(5).fill(value)
  const fits = [
    fit({ tap: b0, task: "0", inner: flat(0.9) }),
    fit({ tap: b1, task: "0", inner: flat(0.7) }),
    fit({ tap: b0, task: "1", inner: flat(0.4) }),
    fit({ tap: b1, task: "1", inner: flat(0.8) }),
    fit({ tap: b0, token: "cls", source: "image", inner: flat(0.5) }),
    fit({ tap: b2, token: "cls", source: "image", inner: flat(0.6) })
  ]
  const rows = await choose(fits)
  expect(rows.map(({ token, task, chosen }) => [token, task, chosen[0]])).toEqual([
    ["avg_obj", "0", b1],
    ["avg_obj", "1", b1],
    ["cls", "0", b2]
  ])
})

it("a task that lacks a tap does not count, and a tap without inner accuracies is no candidate", () => {
  const of = (tap: string, task: string, inner: ReadonlyArray<number>): InnerFit => fit({ tap, task, inner })
  const nothing = [NaN, NaN, NaN, NaN, NaN]
  const fits = [
    of(b0, "0", [0.6, 0.6, 0.6, 0.6, 0.6]),
    of(b1, "0", [0.5, 0.7, 0.5, 0.5, 0.5]),
    of(b0, "1", [0.1, 0.1, 0.1, 0.1, 0.1]),
    of(b1, "1", nothing),
    of(b2, "0", nothing),
    of(b2, "1", nothing)
  ]
  expect(chosenTaps(fits)).toEqual([b0, b1, b0, b0, b0])
  expect(chosenTaps([of(b0, "0", [0.5, NaN, 0.5, 0.5, 0.5])])).toEqual([b0, null, b0, b0, b0])
})

it("chooses among the given taps, and refuses fits without inner folds", async () => {
  const flat = Array<number>(5).fill(0.9)
  const fits = [fit({ tap: "embed", inner: flat }), fit({ tap: b1, inner: flat.map((value) => value / 2) })]
  expect((await choose(fits))[0].chosen[0]).toBe(b1)
  expect((await choose(fits, "embed,block.*.resid_post"))[0].chosen[0]).toBe("embed")
  const perceptron = fits.map((one) => ({ ...one, probe: "perceptron", inner_accuracy: flat.map(() => NaN) }))
  const error = await rejection(choose(perceptron))
  expect(error.message).toBe("no tap can be chosen: no fit of A_ss has an inner accuracy")
})

it("says why nothing was fitted at the chosen tap", async () => {
  const flat = Array<number>(5).fill(0.9)
  const rows = await choose([
    fit({ tap: b0, inner: flat }),
    fit({ tap: b0, source: "primary", inner: flat, undefined_because: "too few examples" })
  ])
  expect(rows[1]).toMatchObject({
    source: "primary",
    undefined_because: "too few examples",
    chosen: [],
    seed: []
  })
})

it("of equally good taps the chosen one is as good as any; the best on held-out images seems .02 better", async () => {
  // right answers by chance alone: the inner folds see other images than the outer fold
  let [chosen, best, all, count] = [0, 0, 0, 0]
  for (let draw = 0; draw < 80; draw++) {
    const random = seededRandom("equally good taps", draw)
    const share = (truth: number, of: number) =>
      Array.from({ length: of }, () => Number(random() < truth)).reduce((a, b) => a + b, 0) / of
    const fits = Array.from({ length: 13 }, (_, i) =>
      fit({
        tap: `block.${i}.resid_post`,
        inner: Array.from({ length: 25 }, () => share(0.8, 16)),
        predicted: () => (random() < 0.8 ? "cup" : "fork")
      })
    )
    const accuracyOf = ({ predicted }: Pick<Fitted, "predicted">) =>
      predicted.filter((label) => label === "cup").length / predicted.length
    const own = fits.map(accuracyOf)
    chosen += accuracyOf((await choose(fits))[0])
    best += Math.max(...own)
    all += own.reduce((a, b) => a + b, 0) / own.length
    count++
  }
  // a standard error of .004
  expect(Math.abs(chosen - all) / count).toBeLessThan(0.012)
  expect((best - all) / count).toBeGreaterThan(0.02)
})

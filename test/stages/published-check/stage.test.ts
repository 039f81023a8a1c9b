/** Planted numbers: what differs by chance alone is outside 95 % five times in a hundred, and what does not is found. */
import { expect, it } from "vitest"
import { normal, seededRandom } from "../../../src/index.ts"
import type { PublishedCheck } from "../../../stages/published-check/columns.ts"
import { publishedCheck } from "../../../stages/published-check/stage.ts"
import { wilsonInterval } from "../../../stages/statistics/binomial.ts"
import type { PlainAccuracy } from "../../../stages/tables/plain-accuracies.ts"
import { computeOf, fakeContext, lossesOf, tableOf } from "../fakes.ts"

const sizes = [197, 345, 71, 71, 26, 71]
const row = (
  encoder: string,
  task: number,
  layer: number,
  target: string,
  hits: number,
  n: number
): PlainAccuracy => ({
  procedure: "as published",
  encoder,
  encoder_digest: null,
  blocks: 12,
  probe: "perceptron",
  selection: "as-published",
  tap: `block.${layer}.resid_post`,
  token: "avg_obj",
  source: "secondary",
  task: String(task),
  target,
  layer,
  measure: null,
  plain_accuracy: hits / n,
  ...wilsonInterval(hits, n),
  n_scored: n,
  classes: 2
})

interface World {
  readonly seed: number
  readonly runs: number
  /** standard deviation that the probe's seed adds to an accuracy */
  readonly seedSd: number
  /** what the published accuracies have more */
  readonly shift?: number
}
/** One encoder's published and own accuracies: twelve layers, six tasks, two targets; each fit has its own truth. */
function world({ seed, runs, seedSd, shift = 0 }: World) {
  const random = seededRandom("planted results", seed)
  const published: Array<PlainAccuracy> = []
  const own = Array.from({ length: runs }, (): Array<PlainAccuracy> => [])
  const right = (truth: number, images: ReadonlyArray<number>) =>
    images.filter((image) => image < truth).length
  for (const [task, n] of sizes.entries())
    for (const target of ["primary", "secondary"])
      for (let layer = 0; layer < 12; layer++) {
        const truth = 0.5 + 0.45 * random()
        const images = Array.from({ length: n }, () => random())
        const others = Array.from({ length: n }, () => random())
        const ofSeed = () => truth + seedSd * normal(random)
        published.push(row("vit", task, layer, target, right(ofSeed() + shift, images), n))
        // runs differ in the probe's seed alone: they share their test images
        for (const rows of own) rows.push(row("vit", task, layer, target, right(ofSeed(), others), n))
      }
  return { published, own }
}
const check = async ({ published, own }: ReturnType<typeof world>): Promise<ReadonlyArray<PublishedCheck>> =>
  computeOf(publishedCheck)(
    { published: tableOf(published), runs: own.map((rows) => tableOf(rows)) },
    {},
    fakeContext(publishedCheck)
  )
async function shareOutside(of: Omit<World, "seed">, worlds = 30) {
  let [outside, all] = [0, 0]
  for (let seed = 0; seed < worlds; seed++) {
    const rows = await check(world({ ...of, seed }))
    outside += rows.filter(({ is_outside }) => is_outside).length
    all += rows.length
  }
  return outside / all
}

it("of accuracies that differ by chance alone, five of a hundred lie outside", async () => {
  // 4,320 accuracies each: the standard error of a share of .05 is .003
  for (const of of [
    { runs: 5, seedSd: 0.03 },
    { runs: 5, seedSd: 0 },
    { runs: 1, seedSd: 0 }
  ]) {
    const share = await shareOutside(of)
    expect(share).toBeGreaterThan(0.04)
    expect(share).toBeLessThan(0.06)
  }
})

it("the probe's seed counts: binomial error alone would put too many outside", async () => {
  const alone = await shareOutside({ runs: 1, seedSd: 0.06 })
  expect(alone).toBeGreaterThan(0.08)
  expect(await shareOutside({ runs: 5, seedSd: 0.06 })).toBeLessThan(alone - 0.025)
})

it("finds published accuracies that are too high, and says how many of a hundred", async () => {
  const rows = await check(world({ seed: 1, runs: 5, seedSd: 0.02, shift: 0.15 }))
  const outside = rows.filter(({ is_outside }) => is_outside)
  expect(outside.length / rows.length).toBeGreaterThan(0.4)
  expect(outside.every(({ difference }) => difference > 0)).toBe(true)
  const summary = publishedCheck.stage.spec.summary!(rows as never)
  expect(summary.columns).toContain("of 100 (5 expected)")
  expect(summary.rows).toHaveLength(1)
  expect(summary.rows[0]!.slice(0, 4)).toEqual([
    "vit",
    144,
    outside.length,
    ((100 * outside.length) / 144).toFixed(1)
  ])
})

it("tells which published accuracies it left out, and why", async () => {
  const { published, own } = world({ seed: 2, runs: 2, seedSd: 0 })
  const others = [
    row("rn50x4", 0, 1, "primary", 90, 187),
    row("vit", 0, 1, "pair", 20, 197),
    { ...row("vit", 0, 1, "primary", 100, 197), token: "random" }
  ]
  const inputs = { published: tableOf([...published, ...others]), runs: own.map((rows) => tableOf(rows)) }
  const output = tableOf(await check({ published: [...published, ...others], own }))
  const lost = await lossesOf(publishedCheck, { output, inputs, params: {} })
  expect(lost.map(({ reason, count }) => [reason, count])).toEqual([
    ["their encoder was not run", 1],
    ["their target was not asked", 1],
    ["the run has no such fit, or not in every run", 1]
  ])
  expect(await check({ published: others, own })).toEqual([])
})

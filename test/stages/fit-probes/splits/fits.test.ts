/** Fits by each kind of split. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { normal, seededRandom } from "../../../../src/index.ts"
import type { SplitValues } from "../../../../stages/fit-probes/splits/splits.ts"
import { undefinedBecause } from "../../../../stages/tables/fits.ts"
import { fitAll } from "../fits.ts"

const folder = mkdtempSync(join(tmpdir(), "probeline-splits-"))
afterAll(() => rmSync(folder, { recursive: true }))

const random = seededRandom("splits")
const scenes = Array.from({ length: 60 }, (_, i) => ({ scene: `s${i}`, label: i % 2 === 0 ? "cat" : "dog" }))
const given = {
  rows: scenes.map(({ scene }) => ({ item: scene, source: "object", object: 0, token: "avg_obj" })),
  examples: scenes.map(({ scene, label }) => ({
    scene,
    image_group: scene,
    object: 0,
    target: "category",
    label,
    cell: label
  })),
  taps: {
    embed: scenes.map(({ label }) =>
      Float32Array.from({ length: 3 }, (_, j) => normal(random) + (j === 0 && label === "cat" ? 6 : 0))
    )
  }
}
const fitted = (split: SplitValues) =>
  fitAll(given, {
    encoder: "vit",
    probes: ["logistic", "perceptron"],
    split,
    random_state: 0,
    keep: "nothing"
  })
const fromFile = (train: ReadonlyArray<string>, test: ReadonlyArray<string>): SplitValues => {
  const path = join(folder, "split.csv")
  const lines = [...train.map((scene) => `${scene},train`), ...test.map((scene) => `${scene},test`)]
  writeFileSync(path, ["scene,split", ...lines].join("\n"))
  return { kind: "given", file: { path } }
}
const names = scenes.map(({ scene }) => scene)

describe("fits", () => {
  it("by a held-out share predict it once a seed", async () => {
    for (const fit of await fitted({ kind: "holdout", test: 0.2, seeds: 3, seed: 0 })) {
      expect(fit).toMatchObject({ n: 60, folds: 1, seeds: 3, undefined_because: null })
      expect([fit.split_seed, fit.split_fold]).toEqual([
        [0, 1, 2],
        [0, 0, 0]
      ])
      for (const seed of [0, 1, 2]) {
        const held = fit.label.filter((_, i) => fit.seed[i] === seed)
        expect(held.filter((label) => label === "cat")).toHaveLength(6)
        expect(held.filter((label) => label === "dog")).toHaveLength(6)
      }
      expect(fit.predicted.filter((label, i) => label === fit.label[i]).length).toBeGreaterThan(32)
    }
  })

  it("by a file predict its test scenes", async () => {
    for (const fit of await fitted(fromFile(names.slice(10), names.slice(0, 10)))) {
      expect(fit).toMatchObject({ n: 60, folds: 1, seeds: 1, split_seed: [0], split_fold: [0] })
      expect(fit.scene).toEqual(names.slice(0, 10))
      expect(fit.predicted).toEqual(fit.label)
    }
  })

  it("need four images to train on, and one to predict", async () => {
    const reasons = async (train: number) =>
      new Set(
        (await fitted(fromFile(names.slice(0, train), names.slice(train)))).map(
          (fit) => fit.undefined_because
        )
      )
    expect(await reasons(4)).toEqual(new Set([null]))
    expect(await reasons(3)).toEqual(new Set([undefinedBecause.few]))
    await expect(reasons(60)).rejects.toThrow(/no scene that examples ask about is test/)
  })
})

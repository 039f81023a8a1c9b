import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { file } from "../../../../src/index.ts"
import { checkParams } from "../../../../src/pipeline/check-params.ts"
import { given } from "../../../../stages/fit-probes/splits/given.ts"
import { holdout } from "../../../../stages/fit-probes/splits/holdout.ts"
import { kfold } from "../../../../stages/fit-probes/splits/kfold.ts"
import type { AskedImages } from "../../../../stages/fit-probes/splits/split.ts"
import {
  splitImages,
  splitNeeds,
  splitParam,
  type SplitValues
} from "../../../../stages/fit-probes/splits/splits.ts"
import { assignFolds } from "../../../../stages/statistics/folds.ts"
import { rejection } from "../../fakes.ts"

const folder = mkdtempSync(join(tmpdir(), "probeline-splits-"))
afterAll(() => rmSync(folder, { recursive: true }))

const image = (i: number, stratum = i % 4) => ({ id: `image-${i}`, stratum: `stratum-${stratum}` })
const asked = (
  images: AskedImages["images"],
  scenes: ReadonlyArray<readonly [string, string]> = []
): AskedImages => ({
  images,
  scenes: new Map(scenes)
})
const hundreds = Array.from({ length: 400 }, (_, i) => image(i))
/** The parameter's value, checked and with its defaults. */
const valueOf = (split?: object): SplitValues => {
  const { values, issues } = checkParams(
    { split: splitParam },
    split === undefined ? {} : { split },
    (path) => path
  )
  expect(issues).toEqual([])
  return values["split"] as SplitValues
}

describe("the parameter", () => {
  it("is five folds with five seeds by default", () => {
    expect(valueOf()).toEqual({ kind: "kfold", folds: 5, seeds: 5, seed: 0 })
    expect(valueOf(kfold({ seeds: 1 }))).toEqual({ kind: "kfold", folds: 5, seeds: 1, seed: 0 })
    expect(valueOf(holdout())).toEqual({ kind: "holdout", test: 0.1, seeds: 1, seed: 0 })
    expect(valueOf(given(file("a.csv")))).toEqual({ kind: "given", file: { path: "a.csv" } })
  })

  it("says what a question needs", () => {
    expect(splitNeeds(valueOf(kfold({ folds: 3 })))).toBe("3 folds need 2 classes and 12 images")
    for (const split of [holdout(), given(file("a.csv"))])
      expect(splitNeeds(valueOf(split))).toBe(
        "a probe needs 2 classes, 4 images to train on, and one to predict"
      )
  })
})

describe("kfold", () => {
  it("holds each image out once a seed, in the fold that it is dealt to", async () => {
    const splitting = await splitImages(valueOf(kfold({ folds: 3, seeds: 2, seed: 9 })), asked(hundreds))
    expect(splitting).toMatchObject({ folds: 3, seeds: 2, seed: 9, leastImages: 12 })
    expect(splitting.splits.map(({ seed, fold }) => [seed, fold])).toEqual(
      [0, 1].flatMap((seed) => [0, 1, 2].map((fold) => [seed, fold]))
    )
    for (const seed of [0, 1]) {
      const dealt = assignFolds({ images: hundreds, folds: 3, seed: `9/${seed}` })
      for (const { id } of hundreds)
        for (const { fold, isTest } of splitting.splits.filter((split) => split.seed === seed))
          expect(isTest(id)).toBe(dealt.get(id) === fold)
    }
  })
})

describe("holdout", () => {
  const heldOut = async (images: AskedImages["images"], some: Parameters<typeof holdout>[0] = {}) => {
    const { splits } = await splitImages(valueOf(holdout(some)), asked(images))
    return splits.map(({ isTest }) => new Set(images.filter(({ id }) => isTest(id)).map(({ id }) => id)))
  }

  it("holds out the share of each stratum", async () => {
    const splitting = await splitImages(valueOf(holdout({ seeds: 3, seed: 7 })), asked(hundreds))
    expect(splitting).toMatchObject({ folds: 1, seeds: 3, seed: 7, leastImages: 5 })
    expect(splitting.splits.map(({ seed, fold }) => [seed, fold])).toEqual([
      [0, 0],
      [1, 0],
      [2, 0]
    ])
    for (const held of await heldOut(hundreds, { seeds: 3, seed: 7 }))
      for (let stratum = 0; stratum < 4; stratum++)
        expect(
          hundreds.filter((one) => one.stratum === `stratum-${stratum}` && held.has(one.id))
        ).toHaveLength(10)
  })

  it("draws anew for each seed, whatever the order of the images", async () => {
    const [first, second] = await heldOut(hundreds, { seeds: 2 })
    expect(first).not.toEqual(second)
    const [reversed] = await heldOut(hundreds.toReversed(), { seeds: 2 })
    expect(reversed).toEqual(first)
    expect((await heldOut(hundreds, { seed: 1 }))[0]).not.toEqual(first)
  })

  it("moves no image of another stratum when one comes", async () => {
    const [before] = await heldOut(hundreds)
    const [after] = await heldOut([...hundreds, image(400, 2)])
    for (const { id, stratum } of hundreds)
      if (stratum !== "stratum-2") expect(after!.has(id)).toBe(before!.has(id))
  })

  it("takes strata of one image as often as others", async () => {
    const single = Array.from({ length: 1000 }, (_, i) => image(i, i))
    const [held] = await heldOut(single, { test: 0.2 })
    // a binomial count with a standard deviation of 12.6
    expect(Math.abs(held!.size - 200)).toBeLessThan(50)
  })
})

describe("given", () => {
  const scenes = [
    ["a", "A"],
    ["b", "B"],
    ["c", "C"],
    ["c again", "C"]
  ] as const
  let files = 0
  const splitBy = (csv: string | Uint8Array) => {
    const path = join(folder, `${files++}.csv`)
    writeFileSync(path, csv)
    const images = ["A", "B", "C"].map((id) => ({ id, stratum: "" }))
    return splitImages(valueOf(given(file(path))), asked(images, scenes))
  }

  it("tests what the file says, with columns in any order and scenes that nobody asks about", async () => {
    const splitting = await splitBy(
      'split,scene,note\ntest,b,x\ntrain,a,"q,"\ntrain,c,\ntrain,c again,\ntest,unasked,\n'
    )
    expect(splitting).toMatchObject({ folds: 1, seeds: 1, seed: 0, leastImages: 5 })
    expect(splitting.splits).toHaveLength(1)
    expect(["A", "B", "C"].map(splitting.splits[0]!.isTest)).toEqual([false, true, false])
  })

  it.each([
    ["a missing column", "scene,side\na,test\n", 'line 1: there is no column "split"'],
    ["a column twice", "scene,split,split\na,test,test\n", 'line 1: there are two columns "split"'],
    ["another word", "scene,split\na,train\nb,dev\n", 'line 3: the split of scene "b" is "dev"'],
    [
      "a scene on both sides",
      "scene,split\na,train\nb,test\na,test\n",
      'line 4: scene "a" is test, but train in line 2'
    ],
    [
      "an image on both sides",
      "scene,split\na,train\nb,test\nc,train\nc again,test\n",
      'line 5: scene "c again" is test, but scene "c" (line 4) shows the same image and is train'
    ],
    [
      "too few scenes",
      "scene,split\na,train\nc,test\n",
      'it lacks 2 of 4 scenes that examples ask about, such as "b"'
    ],
    ["an odd line", "scene,split\na\n", "line 2: 1 cells, but the header has 2"],
    ["nothing", "", "it is empty"],
    ["another encoding", Uint8Array.of(0x73, 0x0a, 0xe9), "line 2"]
  ])("refuses %s, with file and line", async (_, csv, message) => {
    const error = await rejection(splitBy(csv))
    expect(error.message).toContain(message)
    expect(error.message.startsWith(join(folder, `${files - 1}.csv: `))).toBe(true)
    expect(error).toMatchObject({
      name: "StageError",
      field: "split.file",
      file: join(folder, `${files - 1}.csv`)
    })
    expect((error as Error & { hint: string }).hint).not.toBe("")
  })
})

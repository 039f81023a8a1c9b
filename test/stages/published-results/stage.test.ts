import * as path from "node:path"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { publishedEncoders } from "../../../pipelines/paper/encoders.ts"
import { pairedTasks } from "../../../pipelines/paper/tasks.ts"
import { paperMeasures } from "../../../stages/paper-measures/stage.ts"
import { publishedResults } from "../../../stages/published-results/stage.ts"
import { testSize } from "../../../stages/published-results/test-size.ts"
import type { PlainAccuracy } from "../../../stages/tables/plain-accuracies.ts"
import { collect, computeOf, fakeContext, rejection, tableOf, worldOf } from "../fakes.ts"

const folder = mkdtempSync(path.join(tmpdir(), "published-"))
afterAll(() => rmSync(folder, { recursive: true }))
const read = (file: string): Promise<ReadonlyArray<PlainAccuracy>> =>
  collect(
    computeOf(publishedResults)(
      { file: { path: file }, encoders: publishedEncoders, tasks: pairedTasks },
      worldOf(folder),
      fakeContext(publishedResults)
    )
  )

describe("the published table", () => {
  let rows: ReadonlyArray<PlainAccuracy>
  beforeAll(async () => {
    rows = await read(path.join(import.meta.dirname, "../../../pipelines/paper/published_paired.csv"))
  })

  it("has every accuracy, to the right answers of a test set", () => {
    // 17,856 in the file, where 2,232 of tokens of the whole image are there twice
    expect(rows).toHaveLength(15_624)
    expect(new Set(rows.filter(({ token }) => token === "cls").map(({ source }) => source))).toEqual(
      new Set(["image"])
    )
    expect(rows[0]).toMatchObject({
      procedure: "as published",
      encoder: "vit",
      tap: "block.0.resid_post",
      layer: 0,
      token: "random_obj",
      source: "primary",
      target: "primary",
      measure: "A_pp",
      plain_accuracy: 93 / 197,
      n_scored: 197,
      classes: 2
    })
    const sizes = (encoder: string) =>
      pairedTasks.map(
        ({ task }) => rows.find((row) => row.encoder === encoder && row.task === task)!.n_scored
      )
    expect(sizes("vit")).toEqual([197, 345, 71, 71, 26, 71])
    // a mask of 14 × 14 on a grid of 24 × 24 leaves the images that 14 × 14 leaves, not those of blip's 24 × 24
    expect(sizes("clip-large")).toEqual(sizes("clip"))
    expect(sizes("blip")).toEqual([201, 381, 99, 89, 37, 88])
    expect(sizes("rn50x4")).toEqual([187, 290, 36, 47, 17, 56])
    expect(rows.find(({ encoder }) => encoder === "rn50x4")).toMatchObject({ tap: "stage.0", layer: 0 })
    expect(rows.filter(({ target, classes }) => target === "pair" && classes !== 8)).toEqual([])
  })

  it("gives the paper's nine lines", async () => {
    const lines = await computeOf(paperMeasures)(
      { accuracies: tableOf(rows) },
      { token: "avg_obj" },
      fakeContext(paperMeasures)
    )
    const three = (value: number) => Math.round(value * 1000) / 1000
    expect(
      (lines as ReadonlyArray<any>)
        .toSorted((a, b) => b.m1 - a.m1)
        .map((line) => [
          line.encoder,
          line.layer,
          ...[line.m1, line.a_pp, line.a_sp, line.m2, line.a_ps].map(three)
        ])
    ).toEqual([
      ["flava", 11, 0.898, 0.974, 0.807, 0.829, 0.653],
      ["blip-large", 20, 0.87, 0.962, 0.849, 0.883, 0.614],
      ["blip", 9, 0.844, 0.94, 0.756, 0.804, 0.542],
      ["vit", 7, 0.819, 0.879, 0.712, 0.81, 0.518],
      ["dino", 8, 0.813, 0.943, 0.708, 0.75, 0.437],
      ["rn50x4", 3, 0.783, 0.944, 0.761, 0.806, 0.614],
      ["clip", 11, 0.774, 0.93, 0.798, 0.859, 0.646],
      ["dinov2", 10, 0.731, 0.936, 0.752, 0.803, 0.497],
      ["clip-large", 23, 0.618, 0.894, 0.835, 0.933, 0.647]
    ])
    // about .037 on grids of 14 × 14, .033 on 24 × 24, .046 for the CNN
    const half = (encoder: string) => {
      const line = (lines as ReadonlyArray<any>).find((one) => one.encoder === encoder)
      return line.m1_high - line.m1
    }
    expect(half("vit")).toBeCloseTo(0.037, 2)
    expect(half("blip-large")).toBeCloseTo(0.029, 2)
    expect(half("rn50x4")).toBeCloseTo(0.046, 2)
  })
})

describe("a table that is wrong", () => {
  const header = "encoder,task,layer,token,source_object,target,accuracy"
  const refused = async (...lines: ReadonlyArray<string>) => {
    const file = path.join(folder, "results.csv")
    writeFileSync(file, [header, "vit,0,0,avg_obj,primary,primary,0.500000", ...lines].join("\n"))
    return (await rejection(read(file))).message.replace(`${folder}/`, "")
  }

  it("names the line of an unknown encoder, task, layer, token, source or target", async () => {
    expect(await refused("vits,0,0,avg_obj,primary,primary,0.5")).toBe(
      'results.csv: line 3: the encoder "vits" is not known'
    )
    expect(await refused("vit,6,0,avg_obj,primary,primary,0.5")).toContain(
      'line 3: the task "6" is not known'
    )
    expect(await refused("vit,0,12,avg_obj,primary,primary,0.5")).toContain('line 3: "vit" has no layer "12"')
    expect(await refused("rn50x4,0,0,avg_obj,primary,primary,0.5")).toContain('"rn50x4" has no layer "0"')
    expect(await refused("vit,0,1,mean,primary,primary,0.5")).toContain('the token "mean" is not known')
    expect(await refused("vit,0,1,cls,image,primary,0.5")).toContain('the source_object "image" is not known')
    expect(await refused("vit,0,1,cls,primary,both,0.5")).toContain('the target "both" is not known')
  })

  it("names the line of an accuracy that is none, and of a question that occurs twice", async () => {
    expect(await refused("vit,0,1,cls,primary,pair,50")).toContain(
      'line 3: the accuracy "50" is not a number'
    )
    expect(await refused("vit,0,1,cls,primary,pair,")).toContain('the accuracy "" is not a number')
    expect(await refused("vit,0,0,avg_obj,primary,primary,0.25")).toContain(
      "line 3: line 2 has the same question"
    )
    expect(await refused("vit,0,1,cls,primary,pair,0.5", "vit,0,1,cls,secondary,pair,0.25")).toContain(
      "line 4: line 3 gives 0.5 for this token of the whole image"
    )
  })

  it("tells if accuracies are of no test set", async () => {
    const roots = Array.from(
      { length: 12 },
      (_, i) => `vit,0,${i},avg_obj,primary,pair,${Math.sqrt((i + 0.5) / 13)}`
    )
    expect(await refused(...roots)).toContain(
      'the accuracies of "vit" in task "0" (line 2 and others) are no whole numbers of right answers'
    )
  })
})

it("finds the size of a test set from a few dozen accuracies", () => {
  for (const n of [17, 26, 71, 345, 1607])
    expect(
      testSize(Array.from({ length: 24 }, (_, i) => Number((Math.floor(((i + 1) * n) / 25) / n).toFixed(6))))
    ).toBe(n)
  expect(testSize(Array.from({ length: 12 }, (_, i) => Math.sqrt((i + 0.5) / 13)))).toBe(null)
})

/** The paper's pipeline on rendered scenes with the quickstart's encoders, by the real command line. */
import * as path from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import { afterAll, beforeAll, expect, it } from "vitest"
import { makeRig, pipelines, type Rig } from "./cli.ts"
import { nodeOf } from "./look.ts"
import { makeSyntheticCoco } from "./synthetic-coco.ts"

const duckdb = await (await DuckDBInstance.create(":memory:")).connect()
const query = async (text: string) => (await duckdb.runAndReadAll(text)).getRowsJS()

let rig: Rig
let set: ReadonlyArray<string>
beforeAll(async () => {
  rig = makeRig()
  const data = await makeSyntheticCoco(rig.at("coco"), 110)
  set = Object.entries({
    ...data,
    encoders: path.join(pipelines, "quickstart"),
    task_names: "0",
    selections: "aligned",
    comparisons: "background",
    taps: "block.{2,3}.resid_post",
    seeds: "1"
  }).flatMap(([name, value]) => ["-S", `${name}=${value}`])
}, 60_000)
afterAll(() => {
  duckdb.closeSync()
  rig.remove()
})

const run = (...more: ReadonlyArray<string>) =>
  rig.json("run", path.join(pipelines, "paired-objects.ts"), ...set, ...more)
const at = (name: string) => `'${path.join(rig.at("artifacts/runs/latest"), name)}.parquet'`

it("names all missing encoders before anything runs, and those that are there", async () => {
  const { code, document } = await run("-S", "only=vit,blip-large,dino")
  expect(code).not.toBe(0)
  const { message, hint } = document.error
  expect(message).toMatch(/has no model\.onnx of blip-large, dino; it has vit, clip, blip, flava$/)
  expect(hint).toContain("or run those that are there (vit,clip,blip,flava)")
}, 60_000)

it("repeats the published procedure beside the mended one, and marks it in every row", async () => {
  const { code, document, stderr } = await run("-S", "only=vit", "-S", "random_states=[0,1]")
  expect(code, stderr).toBe(0)
  for (const table of ["as-published/measures", "as-published/accuracies/1", "published/measures"])
    expect(await query(`select distinct procedure from ${at(table)}`)).toEqual([["as published"]])
  // nine lines, and one of this run
  expect(await query(`select count(*)::int from ${at("published/measures")}`)).toEqual([[9]])
  expect(await query(`select encoder, tasks, taps from ${at("as-published/measures")}`)).toEqual([
    ["vit", 1, 2]
  ])

  // for each secondary as many of one primary as of the other
  const cells = await query(
    `select cell, count(*)::int from ${at("as-published/examples")}
     where left_out is null and selection = 'as-published' and target = 'primary' group by cell order by cell`
  )
  const cell = (name: string) => (cells as Array<[string, number]>).find(([of]) => of === name)![1]
  // a tenth of each is set aside, rounded up or down
  for (const secondary of ["triangle", "star", "cross", "ring"])
    expect(Math.abs(cell(`disc × ${secondary}`) - cell(`square × ${secondary}`))).toBeLessThanOrEqual(1)
  expect(
    await query(`select distinct probe, selection, folds, seeds from ${at("as-published/probes/0/vit")}`)
  ).toEqual([["perceptron", "as-published", 1, 1]])

  // the tap of each outer fold is one of the two, and measured like any other
  const taps = await query(
    `select distinct unnest(chosen) tap from ${at("chosen/vit")} where token = 'avg_obj' order by tap`
  )
  for (const [tap] of taps) expect(["block.2.resid_post", "block.3.resid_post"]).toContain(tap)
  const measured = await query(
    `select tap, count(*)::int from ${at("measures")} where balanced_accuracy is not null group by tap order by tap`
  )
  // of each tap 18 askings of tokens, and two of the mean of all patches; `cls` has neither place nor baseline of it
  expect(measured).toEqual([
    ["block.2.resid_post", 20],
    ["block.3.resid_post", 20],
    ["chosen", 20],
    ["pixel", 18],
    ["position", 16]
  ])
  expect(nodeOf(document, "published/check").status).toBe("executed")
  const again = await run("-S", "only=vit", "-S", "random_states=[0,1]")
  expect(again.document.nodes.filter(({ status }: { status: string }) => status === "executed")).toEqual([])
}, 280_000)

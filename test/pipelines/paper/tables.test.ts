/** The paper's tables agree with its files, and with what this project knows of the encoders. */
import { readFileSync } from "node:fs"
import * as path from "node:path"
import { expect, it } from "vitest"
import { encodersIn, paperEncoders, visionTransformers } from "../../../pipelines/paper/encoders.ts"
import { pairedTasks } from "../../../pipelines/paper/tasks.ts"
import { parseTaskList } from "../../../stages/coco/task-list.ts"
import { parseCsv } from "../../../stages/csv/parse-csv.ts"
import { gridOfPatches, inputSizeOf } from "../../../stages/vision/geometry.ts"
import { patchOfPreset, presetOf } from "../../../stages/vision/presets.ts"

const folder = path.join(import.meta.dirname, "../../../pipelines/paper")
const read = (name: string) => readFileSync(path.join(folder, name))

it("the task list has the tasks' categories, all of them, and no other", () => {
  const rows = parseTaskList(read("paired_tasks.csv"), { file: "paired_tasks.csv" })
  expect(rows).toHaveLength(16_228)
  expect(new Set(rows.map(({ image }) => image)).size).toBe(14_916)
  for (const { task, primary, secondary } of pairedTasks) {
    const own = rows.filter((row) => row.task === task)
    expect([...new Set(own.map((row) => row.primary))].sort()).toEqual([...primary].sort())
    expect([...new Set(own.map((row) => row.secondary))].sort()).toEqual([...secondary].sort())
  }
  expect(new Set(rows.map(({ task }) => task)).size).toBe(pairedTasks.length)
})

it("the published results are of these encoders and layers", () => {
  const { header, records } = parseCsv(read("published_paired.csv").toString())
  const [encoder, layer] = [header.indexOf("encoder"), header.indexOf("layer")]
  const layers = new Map<string, Set<number>>()
  for (const { cells } of records)
    layers.set(cells[encoder]!, (layers.get(cells[encoder]!) ?? new Set<number>()).add(Number(cells[layer])))
  expect([...layers.keys()].sort()).toEqual(paperEncoders.map(({ key }) => key).sort())
  for (const { key, firstLayer, blocks } of paperEncoders)
    expect([...layers.get(key)!].sort((a, b) => a - b)).toEqual(
      Array.from({ length: blocks }, (_, i) => firstLayer + i)
    )
})

it("grids and crops are those of the presets", () => {
  for (const { key, preset, grid, crops } of visionTransformers) {
    const preprocessing = presetOf(preset)
    const patch = patchOfPreset[preset]
    const size = inputSizeOf(preprocessing)!
    expect(gridOfPatches(size, { height: patch, width: patch }), key).toMatchObject({
      rows: grid,
      columns: grid
    })
    expect(preprocessing.resize?.kind === "shortest-edge", key).toBe(crops)
  }
})

it("encoders in a folder come in the paper's order", () => {
  const found = encodersIn({ path: "/encoders" }, ["flava", "clip-large", "vit"])
  expect(found.map(({ name, publishedGrid }) => [name, publishedGrid])).toEqual([
    ["vit", null],
    ["clip-large", 14],
    ["flava", null]
  ])
  expect(found[0]!.encoder).toMatchObject({ model: { path: "/encoders/vit/model.onnx" }, preset: "vit" })
  expect(encodersIn({ path: "/encoders" }, ["vit"], 2).map(({ name, isRandom }) => [name, isRandom])).toEqual(
    [
      ["vit", false],
      ["vit-random-0", true],
      ["vit-random-1", true]
    ]
  )
})

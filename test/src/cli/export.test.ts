/** `export` refuses options that say nothing about the format that is asked for, rather than to ignore them. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { exportCommand } from "../../../src/cli/export.ts"
import type { Lab } from "../run/lab.ts"
import { labOfTwoRuns, typed } from "./store-commands.ts"

let lab: Lab
beforeAll(async () => {
  lab = await labOfTwoRuns()
})
afterAll(() => lab.close())
const to = (name: string) => join(lab.folder, name)

it.each([
  ["--tap", "csv"],
  ["--tap", "parquet"],
  ["--column", "csv"],
  ["--column", "parquet"]
])(
  "%s does not go with %s: the error says what it goes with, and nothing is written",
  async (option, format) => {
    const line = `export @1:halves ${option} final.norm -o ${to(`x.${format}`)}`
    await expect(typed(lab, exportCommand, line)).rejects.toMatchObject({
      _tag: "Usage",
      field: option,
      message: expect.stringContaining(`${option} applies to arrow and npy only`) as string,
      hint: expect.stringContaining("--format npy") as string
    })
    expect(existsSync(to(`x.${format}`))).toBe(false)
  }
)

it("--format overrules the path's ending in that too", async () => {
  const line = `export @1:halves --column a --format npy -o ${to("x.csv")}`
  expect((await typed(lab, exportCommand, line)).code).toBe(0)
})

it("--tap does not go with a plain column of numbers", async () => {
  const line = `export @1:halves --column a --tap final.norm -o ${to("x.npy")}`
  await expect(typed(lab, exportCommand, line)).rejects.toMatchObject({
    _tag: "Usage",
    field: "--tap",
    message: expect.stringContaining("plain column") as string
  })
})

it("of a table without tensors, .npy wants a column: the hint names those that it takes", async () => {
  await expect(typed(lab, exportCommand, `export @1:halves -o ${to("y.npy")}`)).rejects.toMatchObject({
    _tag: "Usage",
    message: expect.stringContaining("has no tensors to write as npy") as string,
    hint: expect.stringMatching(/^--column with one of .*\ba\b.*; parquet and csv/) as string
  })
  await expect(typed(lab, exportCommand, `export @1:halves -o ${to("y.arrow")}`)).rejects.toMatchObject({
    hint: "parquet and csv export the whole table"
  })
})

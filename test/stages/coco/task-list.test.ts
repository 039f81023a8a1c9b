import { existsSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { lackOf, parseTaskList, tasksByImage } from "../../../stages/coco/task-list.ts"

const parse = (text: string | Uint8Array) =>
  parseTaskList(typeof text === "string" ? Buffer.from(text) : text, { file: "tasks.csv" })
const header = "task,primary,secondary,image_id"
const listed = (...rows: ReadonlyArray<string>) => [header, ...rows].join("\n")

describe("a task list", () => {
  it("gives its rows in order, with their lines and ids as written", () => {
    expect(parse(listed("0,cat,bench,4537", "", "1,person,cup,0004537"))).toEqual([
      { line: 2, task: "0", primary: "cat", secondary: "bench", image: "4537" },
      { line: 4, task: "1", primary: "person", secondary: "cup", image: "0004537" }
    ])
  })
  it("may have its columns in any order, and further ones, even empty", () => {
    const text = 'image_id,note,secondary,task,primary\r\n7,,"potted plant, large",a,cat\r\n'
    expect(parse(text)).toEqual([
      { line: 2, task: "a", primary: "cat", secondary: "potted plant, large", image: "7" }
    ])
  })
  it("may have an image in several tasks, and a category in different roles in different tasks", () => {
    const rows = parse(listed("0,cat,bench,1", "1,bench,cat,1", "0,dog,bench,2"))
    const byImage = [...tasksByImage(rows)].map(([image, own]) => [image, own.map(({ task }) => task)])
    expect(byImage).toEqual([
      ["1", ["0", "1"]],
      ["2", ["0"]]
    ])
  })
})

describe("a task list is refused, and the error names file and line:", () => {
  it.each<readonly [string, string, string, string]>([
    [
      "a missing column",
      "task,primary,image_id\n0,cat,1",
      "line 1",
      'there is no column "secondary"; the columns are "task", "primary", "image_id"'
    ],
    [
      "cells separated by something else",
      "task;primary;secondary;image_id\n0;cat;bench;1",
      "line 1",
      'the columns are "task;primary;secondary;image_id" (a task list needs task, primary, secondary, image_id, separated by commas)'
    ],
    [
      "two columns of a name",
      `${header},task\n0,cat,bench,1,0`,
      "line 1",
      'two columns are called "task": rename one'
    ],
    [
      "an image twice in a task",
      listed("0,cat,bench,1", "1,cat,bench,1", "0,dog,bench,1"),
      "line 4",
      'image 1 is twice in task "0", first in line 2: keep one row, with one pair'
    ],
    [
      "a category in both roles of a task",
      listed("0,cat,bench,1", "0,dog,cat,2"),
      "line 3",
      '"cat" is a secondary category of task "0" here, but a primary one in line 2: give it one role'
    ],
    [
      "a pair of one category",
      listed("0,cat,cat,1"),
      "line 2",
      '"cat" is a secondary category of task "0" here, but a primary one in line 2'
    ],
    [
      "an empty cell",
      listed("0,cat,bench,1", "0, ,bench,"),
      "line 3",
      "primary, image_id: an empty cell; every row needs task, primary, secondary, image_id"
    ],
    [
      "a line with too few cells",
      listed("0,cat,bench,1", "0,cat,7"),
      "line 3",
      "3 cells, but the header has 4"
    ],
    ["an open quote", listed('0,"cat,bench,1'), "line 2", "a quote inside a cell, or an unclosed one"]
  ])("%s", (_, text, field, says) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        name: "CocoError",
        file: "tasks.csv",
        field,
        message: expect.stringContaining(`tasks.csv: ${field}: `) as string
      })
    )
    expect(() => parse(text)).toThrow(says)
  })
  it.each([
    ["of no rows", header, "tasks.csv: it has a header, but no row"],
    ["that is empty", "", "tasks.csv: it is empty: its first line must name the columns"],
    [
      "not in UTF-8",
      Buffer.from(listed("0,cat,bench,1", "0,café,bench,2"), "latin1"),
      "tasks.csv: it is not valid UTF-8: byte 0xe9 at offset 51 (line 3); save the file as UTF-8"
    ],
    [
      "in UTF-16",
      Buffer.from(`\ufeff${listed("0,cat,bench,1")}`, "utf16le"),
      "tasks.csv: it is UTF-16, not UTF-8; save the file as UTF-8"
    ]
  ])("one %s", (_, text, message) => {
    expect(() => parse(text)).toThrow(message)
  })
  it("twenty problems at once, and the number of others", () => {
    const rows = Array.from({ length: 25 }, (_, i) => `0,cat,,${i}`)
    expect(() => parse(listed(...rows))).toThrow(/^tasks\.csv: 25 problems\n {2}line 2: .*\n {2}line 3: /)
    expect(() => parse(listed(...rows))).toThrow(/\n {2}line 21: .*\n {2}and 5 more problems$/)
  })
  it("a category in both roles once, however many rows there are", () => {
    const rows = ["0,cat,bench,1", "0,dog,cat,2", "0,dog,cat,3", "0,bench,cat,4"]
    expect(() => parse(listed(...rows))).toThrow(
      /^tasks\.csv: 2 problems\n {2}line 3: "cat" .*\n {2}line 5: "bench" [^\n]*$/
    )
  })
})

describe("an image serves a row", () => {
  const pair = { primary: "cat", secondary: "bench" }
  const showing = (...categories: ReadonlyArray<string>) => categories.map((category) => ({ category }))
  it("if it shows both categories, any number of times", () => {
    expect(lackOf(pair, { objects: showing("cat", "bench", "cat", "dog"), left_out: [] })).toBeNull()
  })
  it("else it says which one it lacks, and whether the source left it out", () => {
    expect(lackOf(pair, { objects: showing("cat"), left_out: [] })).toBe('no "bench" in the image')
    expect(lackOf(pair, { objects: [], left_out: showing("cat") })).toBe(
      'every "cat" in the image has degenerate polygons; no "bench" in the image'
    )
  })
})

const name = "paper/paired_tasks.csv"
const url = new URL(`../../../../shared/${name}`, import.meta.url)
const missing = !existsSync(url)
it.skipIf(missing)(
  `the paper's list is of 16,228 rows over 14,916 images, none twice in a task${missing ? ` (skipped: ../shared/${name} is missing)` : ""}`,
  () => {
    const rows = parseTaskList(readFileSync(url), { file: name })
    expect(rows).toHaveLength(16_228)
    const byImage = [...tasksByImage(rows).values()]
    expect(byImage).toHaveLength(14_916)
    expect(byImage.every((own) => new Set(own.map(({ task }) => task)).size === own.length)).toBe(true)
    const inTasks = (count: number) => byImage.filter((own) => own.length === count).length
    expect([inTasks(2), inTasks(3), inTasks(4)]).toEqual([1272, 20, 0])
  }
)

import { expect, it } from "vitest"
import { nodeFileSystem } from "../../../src/store/files/file-system.ts"
import { outsideFile } from "../../../src/store/files/outside-file.ts"
import { cellJson, cellText } from "../../../src/inspect/cell-text.ts"
import { noPaint } from "../../../src/support/colour.ts"
import { ColumnGatherer } from "../../../src/inspect/column-statistics.ts"
import { artifactText, itemText } from "../../../src/cli/show-text.ts"
import type { Described } from "../../../src/inspect/describe-artifact.ts"
import { type AnyColumn, column } from "../../../src/pipeline/columns.ts"

const gathered = (declared: AnyColumn, ...batches: ReadonlyArray<ReadonlyArray<unknown>>) => {
  const gatherer = new ColumnGatherer("x", declared)
  for (const batch of batches) gatherer.add(batch)
  return gatherer.result()
}

it("gathers a column's statistics over batches", () => {
  expect(gathered(column.nullable(column.float64()), [1, null, NaN], [4, 1])).toEqual({
    column: "x",
    type: "nullable float64",
    nulls: 1,
    distinct: null,
    distinctAtLeast: false,
    min: 1,
    mean: 2,
    max: 4,
    nan: 1
  })
  expect(gathered(column.int32(), [1, 2, 2])).toMatchObject({ distinct: 2, min: 1, max: 2 })
  expect(gathered(column.utf8(), ["a", "b", "a"])).toMatchObject({ distinct: 2, min: null, mean: null })
  expect(gathered(column.list(column.int32()), [[1, 2], []])).toMatchObject({
    type: "list of int32",
    min: 0,
    mean: 1,
    max: 2
  })
  const file = (sha256: string, size: number) => ({ sha256, size, name: "a.png" })
  expect(gathered(column.file(), [file("a", 10), file("a", 10), file("b", 40)])).toMatchObject({
    distinct: 2,
    mean: 20
  })
  expect(gathered(column.float64(), [1, Infinity])).toMatchObject({ mean: Infinity, max: Infinity })
})

it("counts distinct values no further than it can tell them apart", () => {
  const many = Array.from({ length: 100_001 }, (_, i) => i)
  expect(gathered(column.int32(), many)).toMatchObject({ distinct: 100_000, distinctAtLeast: true })
})

it("shows cells as text and as JSON", () => {
  const file = outsideFile(nodeFileSystem(), "/d/a.png", { sha256: "0123456789abcdef", size: 2000 })
  const cells = [null, 0.123456, "a\nb", true, [1, 0.5], { a: 1 }, file, new Float32Array(3)]
  expect(cells.map(cellText)).toEqual([
    "–",
    "0.1235",
    "a ⏎ b",
    "true",
    "[1, 0.5]",
    '{"a":1}',
    "a.png (2.0 kB, 0123456789ab)",
    "Float32Array[3]"
  ])
  expect([NaN, -Infinity, file, [NaN, null]].map(cellJson)).toEqual([
    "NaN",
    "-Infinity",
    { name: "a.png", size: 2000, sha256: "0123456789abcdef" },
    ["NaN", null]
  ])
})

const described: Described = {
  run: "r1",
  node: "masks/vit",
  stage: "build-object-masks",
  artifact: "ab".repeat(32),
  form: "rows per item",
  label: "scene",
  items: 2,
  rows: 3,
  bytes: 2048,
  incomplete: true,
  partial: ["50 of 350 scenes"],
  failed: [{ item: "s9", error: "torn" }],
  losses: [],
  made: {
    params: { threshold: 0, encoder: { preprocessing: { mean: [0.5, 0.5, 0.5], crop: null } } },
    environment: null,
    about: { encoder: { model: "org/model@1234: onnx/model.onnx" } },
    code: "cd".repeat(32),
    seconds: 2,
    run: "r1",
    at: "2026-01-01T00:00:00.000Z",
    host: { cpu: "c", host: "h", node: "v20" }
  },
  columns: [gathered(column.float64(), [0.25, 0.5, 0.75])],
  tensors: [
    {
      family: "activation",
      type: "tensors (width)",
      member: "embed",
      shape: [96],
      elements: "float16",
      digest: null
    }
  ],
  first: [
    { scene: "s1", coverage: 0.25, caption: "a long caption that goes on and on and on" },
    { scene: "s1", coverage: 0.5, caption: "short" }
  ]
}

it("shows schema, statistics, taps and first rows of an artifact", () => {
  const text = artifactText(described, noPaint, 100)
  expect(text).toContain("masks/vit  build-object-masks  rows per item, 2 scenes, 3 rows, 2.0 kB")
  expect(text).toContain("partial: 50 of 350 scenes")
  expect(text).toContain("failed s9: torn")
  expect(text).toMatch(/x +float64 +– +– +0\.25 +0\.5 +0\.75/)
  expect(text).toMatch(
    /encoder\.preprocessing\.mean +\[0\.5,0\.5,0\.5\]\nencoder\.preprocessing\.crop +none\n/
  )
  expect(text).toMatch(/about\.encoder\.model +org\/model@1234: onnx\/model\.onnx/)
  expect(text).toMatch(/activation +embed +float16 +\[96\] +\(width\)/)
  expect(text).toContain("first 2 of 3 rows")
})

it("shows as many columns as there is room for, and names the others", () => {
  const text = artifactText(described, noPaint, 20)
  expect(text).toContain("scene  coverage\n")
  expect(text).toMatch(/not shown: caption$/)
})

it("cuts nothing where stdout is no terminal", () => {
  const text = artifactText(described, noPaint, Infinity)
  expect(text).toMatch(/scene  coverage  caption\n/)
  expect(text).toMatch(/a long caption that goes on and on and on$/m)
  const many = Array.from({ length: 5 }, () => described.first[0]!)
  const item = { node: "masks/vit", item: "s1", failed: null, total: 5, rows: many }
  expect(itemText(item, noPaint, Infinity)).toMatch(/a long caption that goes on and on and on$/m)
  expect(itemText({ ...item, rows: [{ caption: "x".repeat(600) }] }, noPaint, Infinity)).toContain(
    "x".repeat(600)
  )
})

it("shows an item's rows in blocks if they are few, and as a table if they are many", () => {
  const item = { node: "masks/vit", item: "s1", failed: null, total: 2, rows: described.first }
  expect(itemText(item, noPaint, 100)).toContain(
    "s1 of masks/vit: 2 rows\n\n  scene     s1\n  coverage  0.25\n"
  )
  const rows = Array.from({ length: 5 }, (_, i) => ({ scene: "s1", patch: i }))
  expect(itemText({ ...item, total: 9, rows }, noPaint, 100)).toContain(
    "9 rows, first 5\n\nscene  patch\ns1         0\n"
  )
  expect(itemText({ ...item, failed: "torn" }, noPaint, 100)).toBe("s1 of masks/vit failed: torn")
})

import { expect, it } from "vitest"
import { column, defineStage, one, rows, table } from "../../../src/index.ts"
import { buildGraph } from "../../../src/pipeline/graph.ts"
import { rows as rowsOf } from "../../../src/pipeline/ports.ts"
import type { AnyRef } from "../../../src/pipeline/stage.ts"

const columns = {
  scene: column.utf8(),
  fold: column.nullable(column.int32()),
  share: column.float64(),
  isNew: column.bool(),
  names: column.list(column.utf8()),
  maybe: column.nullable(column.list(column.int32())),
  facts: column.json<object>(),
  photo: column.file(),
  taps: column.tensors("width")
}
const issuesOf = (rowKey: unknown, output: unknown = table(columns)) => {
  const spec = { inputs: {}, output, rowKey, compute: () => [] }
  const stage = defineStage.whole("stage", spec as never) as unknown as (id: string, args: object) => AnyRef
  const { issues } = buildGraph("test", { out: stage("out", {}) }, (path) => path)
  return issues.filter(({ field }) => field === "stage.rowKey")
}

it.each([[["scene"]], [["fold", "scene", "share", "isNew"]], [undefined]])(
  "takes scalar columns: %j",
  (key) => expect(issuesOf(key)).toEqual([])
)

it.each([
  [[], "is not a list of columns", "list the columns"],
  ["scene", "is not a list of columns", "list the columns"],
  [["scne"], 'names "scne", which is no column', 'did you mean "scene"?'],
  [["constructor"], 'names "constructor", which is no column', "it can name: scene, fold, share, isNew"],
  [["names"], 'names "names", which holds list', "text, numbers or booleans"],
  [["maybe"], 'names "maybe", which holds nullable', "text, numbers or booleans"],
  [["facts"], 'names "facts", which holds json', "text, numbers or booleans"],
  [["photo"], 'names "photo", which holds file', "text, numbers or booleans"],
  [["taps"], 'names "taps", which holds tensors', "text, numbers or booleans"],
  [["scene", "fold", "scene"], 'names "scene" twice', "each column once"]
])("refuses the row key %j", (key, what, hint) => {
  expect(issuesOf(key)).toEqual([
    {
      field: "stage.rowKey",
      message: expect.stringContaining(`stage "stage": its rowKey ${what}`) as string,
      hint: expect.stringContaining(hint) as string
    }
  ])
})

it("takes one for any number of rows per item, and refuses one where the item names the row", () => {
  expect(issuesOf(["fold"], rowsOf({ fold: column.int32() }))).toEqual([])
  expect(issuesOf(["fold"], one({ fold: column.int32() }))).toMatchObject([
    { message: 'stage "stage": its rowKey has nothing to name: it gives one row per item' }
  ])
})

it("names columns of the output that may be part of a key, or does not compile", () => {
  const compute = async function* () {}
  defineStage.source("s", { item: "scene", rowKey: ["scene", "fold"], output: rows(columns), compute })
  // @ts-expect-error no such column
  defineStage.source("s", { item: "scene", rowKey: ["scne"], output: rows(columns), compute })
  // @ts-expect-error a list is no part of a key
  defineStage.source("s", { item: "scene", rowKey: ["names"], output: rows(columns), compute })
  // @ts-expect-error null does not make it one
  defineStage.source("s", { item: "scene", rowKey: ["maybe"], output: rows(columns), compute })
  const row = one({ fold: column.int32() })
  // @ts-expect-error the item names the row
  defineStage.source("s", { item: "scene", rowKey: ["fold"], output: row, compute })
  // a key that a table's module exports, as a constant
  const key = ["scene", "fold"] as const
  defineStage.whole("t", { inputs: {}, rowKey: key, output: table(columns), compute: () => [] })
  expect(key).toHaveLength(2)
})

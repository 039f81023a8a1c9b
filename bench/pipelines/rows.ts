/** A whole stage that yields many rows one by one. */
import { column, definePipeline, defineStage, one, param, table, whole } from "probeline"

export const start = defineStage.source("start", {
  item: "row",
  output: one({ value: column.float64() }),
  compute: async function* () {
    yield { id: "first", value: 0 }
  }
})

export const manyRows = defineStage.whole("many-rows", {
  inputs: { of: whole({ value: column.float64() }) },
  params: { rows: param.int() },
  output: table({ n: column.int32(), value: column.float64(), label: column.utf8() }),
  compute: async function* (_, { rows }) {
    for (let n = 0; n < rows; n++) yield { n, value: n / 3, label: `row number ${n}` }
  }
})

export default definePipeline("rows", {
  params: { rows: param.int({ default: 1000, min: 0, doc: "rows to make" }) },
  graph: ({ rows }) => ({ rows: manyRows("rows", { of: start("start", {}), rows }) })
})

/**
 * Many items: rows of a file, a trivial itemwise stage, and a total.
 *
 * The file has one row `{ "id": …, "value": …, "label": … }` per line; `scale.mjs` writes the file and adds a row.
 */
import { column, definePipeline, defineStage, each, one, param, table, whole } from "probeline"

export const rowsOfFile = defineStage.source("rows-of-file", {
  item: "row",
  params: { file: param.file() },
  output: one({ value: column.float64(), label: column.utf8() }),
  compute: async function* ({ file }, world) {
    const bytes = await world.read(file.path)
    const decoder = new TextDecoder()
    // line by line: the whole text would take most of the run's memory
    for (let at = 0; at < bytes.length;) {
      const end = bytes.indexOf(10, at)
      yield JSON.parse(decoder.decode(bytes.subarray(at, end))) as Row
      at = end + 1
    }
  }
})
interface Row {
  readonly id: string
  readonly value: number
  readonly label: string
}

export const half = defineStage.itemwise("half", {
  inputs: { of: each({ value: column.float64() }) },
  output: one({ value: column.float64() }),
  compute: (items) => items.map(({ of: { value } }) => ({ value: value / 2 }))
})

export const sum = defineStage.whole("sum", {
  inputs: { of: whole({ value: column.float64() }) },
  output: table({ sum: column.float64() }),
  compute: async ({ of }) => {
    let sum = 0
    for await (const { value } of of.batches("value")) for (const one of value) sum += one
    return [{ sum }]
  }
})

export default definePipeline("scale", {
  params: { file: param.file({ doc: "rows, as JSON lines" }) },
  graph: ({ file }) => {
    const rows = rowsOfFile("rows", { file })
    const halves = half("halves", { of: rows })
    return { sum: sum("sum", { of: halves }) }
  }
})

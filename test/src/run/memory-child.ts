/**
 * A run over many rows in a process of its own, whose heap its parent keeps small: `node memory-child.mjs FOLDER ITEMS`.
 * Bundled by memory.test.ts. Sends what it counted, or why it failed.
 */
import { column, defineStage, each, rows, table, whole } from "../../../src/index.ts"
import { Lab, numbers } from "./lab.ts"

const rowsOfItem = 1000
const wide = { n: column.int32(), text: column.utf8() }

const spreadWide = defineStage.itemwise("spread-wide", {
  inputs: { of: each({ a: column.float64() }) },
  output: rows(wide),
  chunk: 8,
  compute: (items) =>
    items.map(({ of: { a } }) =>
      Array.from({ length: rowsOfItem }, (_, i) => ({ n: a * rowsOfItem + i, text: `${a} ${i} `.repeat(25) }))
    )
})
const copied = defineStage.whole("copied", {
  inputs: { of: whole(wide) },
  output: table(wide),
  compute: async function* ({ of }) {
    for await (const { n, text } of of.batches("n", "text"))
      for (let i = 0; i < n.length; i++) yield { n: n[i]!, text: text[i]! }
  }
})
const counted = defineStage.whole("counted", {
  inputs: { of: whole(wide) },
  output: table({ rows: column.int32(), sum: column.float64() }),
  compute: async ({ of }, _, { log }) => {
    let [count, sum] = [0, 0]
    for await (const { n } of of.batches("n", "text")) {
      count += n.length
      for (const one of n) sum += one
    }
    log(JSON.stringify({ rows: count, sum }))
    return [{ rows: count, sum }]
  }
})

const [, , folder, items] = process.argv
const lab = new Lab(folder)
const entries = Array.from({ length: Number(items) }, (_, i) => [`i${i}`, [i, 0] as const] as const)
const source = numbers("source", { file: { path: lab.writeItems(Object.fromEntries(entries)) } })
const copy = copied("copy", { of: spreadWide("wide", { of: source }) })
const { run, events } = await lab.run(lab.graph({ count: counted("count", { of: copy }) }))
const logs = events.flatMap((event) => (event.type === "node-log" ? [event.message] : []))
process.send!(run.status === "ok" ? logs[0]! : JSON.stringify(run.nodes))

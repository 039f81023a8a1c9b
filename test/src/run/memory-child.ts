/**
 * A run over very many rows, or items, in a process of its own, whose heap its parent keeps small:
 * `node memory-child.mjs FOLDER rows|items COUNT`. Bundled by memory.test.ts. Sends what it counted, or why it failed.
 */
import { column, defineStage, each, one, rows, table, whole } from "../../../src/index.ts"
import type { FileSystem } from "../../../src/store/files/file-system.ts"
import { Lab, numbers } from "./lab.ts"

const rowsOfItem = 1000
const wide = { n: column.int32(), text: column.utf8() }
const narrow = { n: column.int32() }

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
  inputs: { of: whole(narrow) },
  output: table({ rows: column.int32(), sum: column.float64() }),
  compute: async ({ of }, _, { log }) => {
    let [count, sum] = [0, 0]
    for await (const { n } of of.batches("n")) {
      count += n.length
      for (const one of n) sum += one
    }
    log(JSON.stringify({ rows: count, sum }))
    return [{ rows: count, sum }]
  }
})

const [, , folder, what, count] = process.argv
const many = Number(count)
const lab = new Lab(folder)

function wideRows() {
  const entries = Array.from({ length: many }, (_, i) => [`i${i}`, [i, 0] as const] as const)
  const source = numbers("source", { file: { path: lab.writeItems(Object.fromEntries(entries)) } })
  return copied("copy", { of: spreadWide("wide", { of: source }) })
}

const manyItems = defineStage.source("many-items", {
  item: "number",
  output: one(narrow),
  compute: async function* () {
    for (let n = 0; n < many; n++) yield { id: `an item whose id is of usual length, number ${n}`, n }
  }
})
const next = defineStage.itemwise("next", {
  inputs: { of: each(narrow) },
  output: one(narrow),
  compute: (items) => items.map(({ of: { n } }) => ({ n: n + 1 }))
})

/** Flushing thousands of files is most of a run's time, and no question here. */
const unflushed = (files: FileSystem): FileSystem => ({
  ...files,
  write: (path, content, mode) => {
    const handle = files.create(path, mode)
    files.extend(handle, [typeof content === "string" ? Buffer.from(content) : content])
    files.close(handle)
  },
  syncFolder: () => {}
})

const of = what === "rows" ? wideRows() : next("next", { of: manyItems("many", {}) })
const { run, events } = await lab.run(lab.graph({ count: counted("count", { of }) }), { files: unflushed })
const logs = events.flatMap((event) => (event.type === "node-log" ? [event.message] : []))
process.send!(run.status === "ok" ? logs[0]! : JSON.stringify(run.nodes))

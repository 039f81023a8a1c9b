/**
 * A comparison of values against reading and hashing the same bytes, and its peak memory for few and many scenes.
 *
 *     node bench/diff.mjs [ROUNDS] [SCENES…]
 *     node bench/diff.mjs rows [ROWS…]
 *
 * For each number of SCENES (default: 1,000 and 10,000), writes two artifacts of pooled activations: 12 taps of width 384, three
 * tokens a scene, all values different. Each measurement is a process of its own, in alternation; its start is left out of GB/s and
 * CPU time. Needs 110 kB of disk a scene. `rows`: two tables of so many rows, matched by a key that shifts by one row; one row in
 * a hundred has another value.
 */
import { fileURLToPath } from "node:url"
import { importTypeScript } from "../tools/import-typescript.mjs"
import { inFolder, interleaved, line, median, summary, timed } from "./measure.mjs"

const self = (...args) => ({
  command: process.execPath,
  args: [fileURLToPath(import.meta.url), "child", ...args.map(String)]
})
const said = (run) => JSON.parse(run.stdout)

const [first = "3", ...words] = process.argv.slice(2)
if (first === "child") await child(words)
else if (first === "rows") rowsOfTables(words.map(Number))
else bench(Number(first), words.map(Number))

async function child([act, root, ...rest]) {
  const values = await importTypeScript("bench/diff/values.ts")
  const [from, cpu] = [performance.now(), process.cpuUsage()]
  const result = await {
    "write-rows": async () => [
      await values.writeRows(root, Number(rest[0]), 0),
      await values.writeRows(root, Number(rest[0]), 1)
    ],
    write: () => writeBoth(values, root, Number(rest[0])),
    read: () => values.readAll(root, rest),
    compare: () => values.compare(root, rest)
  }[act]()
  const seconds = (performance.now() - from) / 1000
  const { user, system } = process.cpuUsage(cpu)
  console.log(JSON.stringify({ seconds, cpu: (user + system) / 1e6, result }))
}
async function writeBoth({ write }, root, scenes) {
  return [await write(root, scenes, 0), await write(root, scenes, 0.2)]
}

function rowsOfTables(counts) {
  for (const rows of counts)
    inFolder((root) => {
      const digests = said(timed(self("write-rows", root, rows))).result
      const run = timed(self("compare", root, ...digests))
      line(`${rows} rows, compare`, `${said(run).cpu.toFixed(1)} s of CPU time, ${summary([run])}`)
    })
}

function bench(rounds, counts) {
  for (const scenes of counts.length === 0 ? [1000, 10_000] : counts)
    inFolder((root) => {
      const [written] = interleaved(1, { write: () => self("write", root, scenes) }).write
      const digests = said(written).result
      const runs = interleaved(rounds, {
        read: () => self("read", root, ...digests),
        compare: () => self("compare", root, ...digests)
      })
      const bytes = said(runs.read[0]).result
      for (const [name, all] of Object.entries(runs)) {
        const seconds = median(all.map((run) => said(run).seconds))
        const speed = (bytes / seconds / 1e9).toFixed(3)
        const cpu = median(all.map((run) => said(run).cpu)).toFixed(1)
        line(
          `${scenes} scenes, ${Math.round(bytes / 1e6)} MB: ${name}`,
          `${speed} GB/s, ${cpu} s of CPU time, ${summary(all)}`
        )
      }
    })
}

/**
 * Scale: the cost of a run when nothing has changed or one item was added, by the number of items and nodes.
 *
 *     npm run build
 *     node bench/scale.mjs start                 the quickstart's no-op, and Node's own start-up
 *     node bench/scale.mjs items 1000 100000     rows of a file, an itemwise stage and its sum
 *     node bench/scale.mjs rows 1000 1000000     rows of a whole stage
 *     node bench/scale.mjs nodes 10000           a DAG of whole stages, no two alike
 *     node bench/scale.mjs fits 10000            fits of probes, on small taps
 *     node bench/scale.mjs taps 2000             fits of probes, on taps of 50 MB
 *     node bench/scale.mjs peers                 the same DAG of small tasks in make, snakemake and wireit
 *
 * Wall-clock medians (min–max) over interleaved rounds; memory is the resident peak.
 */
import { appendFileSync, closeSync, openSync, writeSync } from "node:fs"
import { join } from "node:path"
import { inFolder, interleaved, line, probeline, root, summary, timed } from "./measure.mjs"
import { peers } from "./peers/peers.mjs"

const rounds = 7
const [what, ...words] = process.argv.slice(2)
const pipeline = (name) => join(root, "bench/pipelines", `${name}.ts`)

switch (what) {
  case "start":
    start()
    break
  case "items":
    for (const count of numbers(words, [1000, 100_000])) items(count)
    break
  case "rows":
    for (const count of numbers(words, [1000, 1_000_000])) rowsOfTable(count)
    break
  case "nodes":
    for (const count of numbers(words, [10_000])) nodes(count)
    break
  case "fits":
    for (const count of numbers(words, [10_000])) fits(count, { scenes: 40, kinds: 100, width: 8 })
    break
  case "taps":
    // 160 scenes × 100 tokens × 768 floats: 49 MB per tap
    for (const count of numbers(words, [2000])) fits(count, { scenes: 160, kinds: 100, width: 768 })
    break
  case "peers":
    await peers(numbers(words, [20, 2000]))
    break
  default:
    console.error(
      "usage: node bench/scale.mjs start | items [N..] | rows [N..] | nodes [N..] | fits [N..] | taps [N..] | peers [BRANCHES..]"
    )
    process.exitCode = 2
}

function numbers(texts, usual) {
  return texts.length === 0 ? usual : texts.map(Number)
}

function start() {
  inFolder((store) => {
    const quickstart = join(root, "pipelines/quickstart.ts")
    line("quickstart: first run", summary([timed(probeline("run", quickstart, "--store", store))]))
    const runs = interleaved(3 * rounds, {
      "node -e 0": () => ({ command: process.execPath, args: ["-e", "0"] }),
      "quickstart: no-op run": () => probeline("run", quickstart, "--store", store),
      "quickstart: status": () => probeline("status", quickstart, "--store", store)
    })
    for (const [name, all] of Object.entries(runs)) line(name, summary(all))
  })
}

function items(count) {
  inFolder((folder) => {
    const file = join(folder, "rows.jsonl")
    writeRows(file, count)
    const args = [pipeline("scale"), "-S", `file=${file}`, "--store", join(folder, "store")]
    const of = `${count.toLocaleString("en")} items`
    line(`${of}: first run`, summary([timed(probeline("run", ...args))]))
    const runs = interleaved(rounds, {
      "no-op run": () => probeline("run", ...args),
      status: () => probeline("status", ...args)
    })
    for (const [name, all] of Object.entries(runs)) line(`${of}: ${name}`, summary(all))
    const added = Array.from({ length: 3 }, (_, i) => {
      appendFileSync(file, row(`added-${i}`, i))
      const run = timed(probeline("run", ...args, "--json"))
      expectOneItem(JSON.parse(run.stdout))
      return run
    })
    line(`${of}: one item added`, summary(added))
  })
}

function row(id, i) {
  return `${JSON.stringify({ id, value: i / 2, label: `row number ${i}` })}\n`
}
function writeRows(file, count) {
  const handle = openSync(file, "w")
  for (let i = 0; i < count;) {
    let text = ""
    for (; i < count && text.length < 1 << 20; i++) text += row(`row-${String(i).padStart(7, "0")}`, i)
    writeSync(handle, text)
  }
  closeSync(handle)
}
function expectOneItem({ nodes }) {
  const executed = nodes.find(({ id }) => id === "halves").items.executed
  if (executed !== 1) throw new Error(`${executed} items were executed where one was added`)
}

function rowsOfTable(count) {
  inFolder((folder) => {
    const all = Array.from({ length: 3 }, (_, i) => {
      const store = join(folder, `store-${i}`)
      return timed(probeline("run", pipeline("rows"), "-S", `rows=${count}`, "--store", store))
    })
    line(`${count.toLocaleString("en")} rows of a whole stage`, summary(all))
  })
}

/** Two fits, one per kind of probe, for each kind of token at each tap. */
function fits(count, { scenes, kinds, width }) {
  inFolder((folder) => {
    const taps = Math.max(1, Math.round(count / kinds / 2))
    const set = { scenes, kinds, width, taps }
    const args = (some = {}) => [
      pipeline("fits"),
      ...Object.entries({ ...set, ...some }).flatMap(([name, value]) => ["-S", `${name}=${value}`]),
      "--store",
      join(folder, "store")
    ]
    const megabytes = Math.round((scenes * kinds * width * 4) / 1e6)
    const of = `${(taps * kinds * 2).toLocaleString("en")} fits on ${taps} taps of ${megabytes} MB`
    line(
      `${of}: activations`,
      summary([timed(probeline("run", args()[0], "activations", "examples", ...args().slice(1)))])
    )
    // the peak is that of the largest process: a worker, or the run itself
    line(`${of}: fits`, summary([timed(probeline("run", ...args()))]))
    const runs = interleaved(rounds, {
      "no-op run": () => probeline("run", ...args()),
      status: () => probeline("status", ...args()),
      "status, one scene more": () => probeline("status", ...args({ scenes: scenes + 1 }))
    })
    for (const [name, all] of Object.entries(runs)) line(`${of}: ${name}`, summary(all))
  })
}

function nodes(count) {
  inFolder((folder) => {
    const args = [pipeline("dag"), "-S", `nodes=${count}`, "--store", join(folder, "store")]
    const of = `${count.toLocaleString("en")} nodes`
    line(`${of}: first run`, summary([timed(probeline("run", ...args))]))
    const runs = interleaved(rounds, {
      "no-op run": () => probeline("run", ...args),
      status: () => probeline("status", ...args)
    })
    for (const [name, all] of Object.entries(runs)) line(`${of}: ${name}`, summary(all))
  })
}

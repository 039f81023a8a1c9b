/**
 * Extraction against its lower bound, in one process, alternating chunk by chunk: a loaded machine disturbs both alike,
 * and neither includes start-up or loading.
 *
 *     node bench/extraction-steady.mjs MODEL.onnx IMAGES PRESET [CHUNKS] [PRECISION] [TAPS]
 *
 * `bare` runs the unmodified model over a prepared tensor of four images on one thread. `inference` runs only the part
 * that extraction runs: the nodes that taps depend on, and pooling. `extraction` is a worker's job: reading, decoding,
 * preprocessing, every tap, pooling, 15 rows per image, digests, writing. Its parts `inputs` and `writing` are also
 * measured separately. CPU time covers all threads of the process.
 *
 * Other processes can only add CPU time (they share caches and memory bandwidth), so the minimum is printed beside each
 * median. The order alternates from chunk to chunk, because what ran before matters too.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { loadavg, tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { importTypeScript } from "../tools/import-typescript.mjs"

const chunk = 16
const batch = 4
const warming = 2
const [model, folder, preset, chunks = "8", precision = "float32", taps = "embed,block.*.resid_post"] =
  process.argv.slice(2)
if (preset === undefined) {
  console.error(
    "usage: node bench/extraction-steady.mjs MODEL.onnx IMAGES PRESET [CHUNKS] [PRECISION] [TAPS]"
  )
  process.exit(2)
}

const { InferenceSession, Tensor } = await import("onnxruntime-node")
const { openWorker } = await importTypeScript("bench/extraction/steady.ts")
const store = mkdtempSync(join(tmpdir(), "probeline-bench-"))
try {
  const encoder = { model: { path: resolve(model) }, preset }
  const worker = await openWorker({ encoder, taps, precision, provider: "cpu" }, store)
  const { height, width } = worker.size
  const pixels = Float32Array.from({ length: batch * 3 * height * width }, (_, i) => Math.sin(i))
  const bare = await bareLoop(worker.size, pixels)
  const inference = async () => {
    for (let done = 0; done < chunk; done += batch) await worker.infer(pixels, batch)
  }
  const images = readdirSync(folder)
    .filter((name) => name.endsWith(".jpg"))
    .slice(0, (Number(chunks) + warming) * chunk)
    .map((name) => resolve(folder, name))
  const taken = { bare: [], inference: [], extraction: [], inputs: [], writing: [] }
  // the first two chunks warm up
  for (let k = 0; k < warming + Number(chunks); k++) {
    const some = images.slice(k * chunk, (k + 1) * chunk)
    let results = null
    const acts = [
      ["bare", bare],
      ["inference", inference],
      [
        "extraction",
        async () => {
          results = await worker.extract(some)
          await worker.write(some, results)
        }
      ]
    ]
    const part = {}
    for (const [name, act] of k % 2 === 0 ? acts : acts.toReversed()) part[name] = await timed(act)
    part.inputs = await timed(() => worker.inputs(some))
    // other names, because the store would recognise the shard and not write its objects again
    const others = some.map((name) => `${name}#`)
    part.writing = await timed(() => worker.write(others, results))
    if (k >= warming) for (const [name, one] of Object.entries(part)) taken[name].push(one)
  }
  await worker.close()
  console.log(`${taken.bare.length} chunks of ${chunk} images in turns, load ${loadavg()[0].toFixed(1)}`)
  for (const [name, all] of Object.entries(taken)) {
    const perImage = (field, of) => (of(all.map((one) => one[field])) / chunk).toFixed(1).padStart(6)
    const ratio = (to, field) => median(taken[to].map((one, i) => one[field] / all[i][field])).toFixed(3)
    const leastRatio = (to) => (least(taken[to].map(cpu)) / least(all.map(cpu))).toFixed(3)
    const over = (to) =>
      `${to} / ${name}: ${ratio(to, "cpu")} (least ${leastRatio(to)}; wall ${ratio(to, "wall")})`
    console.log(
      `${name.padEnd(11)} CPU an image: ${perImage("cpu", median)} ms, least ${perImage("cpu", least)}; wall ${perImage("wall", median)} ms`,
      name === "extraction" ? `  ${over("bare")}, ${over("inference")}` : ""
    )
  }
} finally {
  rmSync(store, { recursive: true, force: true })
}

async function bareLoop({ height, width }, pixels) {
  const session = await InferenceSession.create(resolve(model), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3
  })
  const feeds = { [session.inputNames[0]]: new Tensor("float32", pixels, [batch, 3, height, width]) }
  return async () => {
    for (let done = 0; done < chunk; done += batch) await session.run(feeds)
  }
}

async function timed(act) {
  const [from, before] = [performance.now(), process.cpuUsage()]
  await act()
  const { user, system } = process.cpuUsage(before)
  return { wall: performance.now() - from, cpu: (user + system) / 1000 }
}

function cpu(one) {
  return one.cpu
}

function least(values) {
  return Math.min(...values)
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1]
}

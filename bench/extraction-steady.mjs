/**
 * Extraction against its floor in one process, chunk by chunk in turns: what is left of a loaded machine's noise is in
 * both, and neither starting nor loading is in either.
 *
 *     node bench/extraction-steady.mjs MODEL.onnx IMAGES PRESET [CHUNKS] [PRECISION] [TAPS]
 *
 * `bare` runs the same model, as it is, over a prepared tensor of four images on one thread. `extraction` is what a
 * worker does: reading, decoding, preprocessing, every tap, pooling, 15 rows an image, digests, writing. Its parts
 * `inputs` and `writing` are also taken by themselves. CPU is of all of the process's threads.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { loadavg, tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { importTypeScript } from "../tools/import-typescript.mjs"

const chunk = 16
const batch = 4
const [model, folder, preset, chunks = "8", precision = "float32", taps = "embed,block.*.resid_post"] =
  process.argv.slice(2)
if (preset === undefined)
  throw new Error(
    "usage: node bench/extraction-steady.mjs MODEL.onnx IMAGES PRESET [CHUNKS] [PRECISION] [TAPS]"
  )

const { InferenceSession, Tensor } = await import("onnxruntime-node")
const { openWorker } = await importTypeScript("bench/extraction/steady.ts")
const store = mkdtempSync(join(tmpdir(), "probeline-bench-"))
try {
  const encoder = { model: { path: resolve(model) }, preset }
  const worker = await openWorker({ encoder, taps, precision, provider: "cpu" }, store)
  const bare = await bareLoop(worker.size)
  const images = readdirSync(folder)
    .filter((name) => name.endsWith(".jpg"))
    .slice(0, (Number(chunks) + 1) * chunk)
    .map((name) => resolve(folder, name))
  const taken = { bare: [], extraction: [], inputs: [], writing: [] }
  // the first chunk warms up
  for (let k = 0; k <= Number(chunks); k++) {
    const some = images.slice(k * chunk, (k + 1) * chunk)
    let results = null
    const part = {
      bare: await timed(bare),
      extraction: await timed(async () => {
        results = await worker.extract(some)
        await worker.write(some, results)
      }),
      inputs: await timed(() => worker.inputs(some)),
      // the store would know the shard: its own objects are not written twice
      writing: await timed(() =>
        worker.write(
          some.map((name) => `${name}#`),
          results
        )
      )
    }
    if (k > 0) for (const [name, one] of Object.entries(part)) taken[name].push(one)
  }
  await worker.close()
  console.log(`${taken.bare.length} chunks of ${chunk} images in turns, load ${loadavg()[0].toFixed(1)}`)
  for (const [name, all] of Object.entries(taken)) {
    const milliseconds = (field) => (median(all.map((one) => one[field])) / chunk).toFixed(1).padStart(6)
    const ratio = (field) => median(all.map((one, i) => taken.bare[i][field] / one[field])).toFixed(3)
    const over = name === "extraction" ? `${ratio("cpu")} of bare by CPU, ${ratio("wall")} by wall clock` : ""
    console.log(
      `${name.padEnd(11)} ${milliseconds("cpu")} ms CPU an image, ${milliseconds("wall")} ms wall clock  ${over}`
    )
  }
} finally {
  rmSync(store, { recursive: true, force: true })
}

async function bareLoop({ height, width }) {
  const session = await InferenceSession.create(resolve(model), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3
  })
  const data = Float32Array.from({ length: batch * 3 * height * width }, (_, i) => Math.sin(i))
  const feeds = { [session.inputNames[0]]: new Tensor("float32", data, [batch, 3, height, width]) }
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

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1]
}

/**
 * Extraction against its floor: images a second of `extract-activations` (decoding, preprocessing, every tap, pooling,
 * writing) over those of a bare onnxruntime-node loop over prepared tensors of the same model, on as many processes
 * of one runtime thread each.
 *
 *     node bench/extraction.mjs MODEL.onnx ANNOTATIONS.json IMAGES [PRESET] [JOBS]
 *
 * Both are measured in one go, bare loop first and last, and the ratio is of the medians.
 */
import { fork, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"

const batch = 4
const bareBatches = 20
const root = fileURLToPath(new URL("..", import.meta.url))

if (process.send !== undefined) await bareLoop(process.argv[2])
else await main(process.argv.slice(2))

/** One process of the bare loop: the model as it is, prepared tensors, nothing kept. */
async function bareLoop(model) {
  const { InferenceSession, Tensor } = await import("onnxruntime-node")
  const session = await InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3
  })
  const { name, shape } = session.inputMetadata[0]
  const [, channels, height, width] = shape.map((size) => (typeof size === "number" ? size : null))
  const side = { height: height ?? 64, width: width ?? 64 }
  const dims = [batch, channels ?? 3, side.height, side.width]
  const data = Float32Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => Math.sin(i))
  const feeds = { [name]: new Tensor("float32", data, dims) }
  await session.run(feeds)
  process.send("ready")
  await new Promise((go) => process.once("message", go))
  for (let i = 0; i < bareBatches; i++) await session.run(feeds)
  process.send("done")
  process.disconnect()
}

async function bare(model, jobs) {
  const loops = Array.from({ length: jobs }, () => fork(fileURLToPath(import.meta.url), [model]))
  const next = (loop) => new Promise((resolve) => loop.once("message", resolve))
  await Promise.all(loops.map(next))
  const from = performance.now()
  const done = loops.map(next)
  for (const loop of loops) loop.send("go")
  await Promise.all(done)
  return (jobs * batch * bareBatches) / ((performance.now() - from) / 1000)
}

async function main([model, annotations, images, preset, jobs = "2"]) {
  if (images === undefined)
    throw new Error("usage: node bench/extraction.mjs MODEL.onnx ANNOTATIONS.json IMAGES [PRESET] [JOBS]")
  const store = mkdtempSync(join(tmpdir(), "probeline-bench-"))
  const floors = []
  const ours = []
  try {
    const set = {
      annotations: resolve(annotations),
      images: resolve(images),
      encoder: resolve(model),
      preset
    }
    const flags = Object.entries(set).flatMap(([key, value]) =>
      value === undefined ? [] : ["-S", `${key}=${value}`]
    )
    const run = (...more) => {
      const args = [
        join(root, "dist/main.js"),
        "run",
        join(root, "pipelines/coco.ts"),
        "activations",
        "--json",
        "-j",
        jobs,
        "--store",
        store,
        ...flags,
        ...more
      ]
      const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", maxBuffer: 1 << 28 })
      const { nodes, error } = JSON.parse(stdout)
      if (nodes === undefined) throw new Error(error?.message ?? stderr)
      return nodes.find(({ id }) => id === "activations")
    }
    for (let round = 0; round < 3; round++) {
      floors.push(await bare(set.encoder, Number(jobs)))
      const node = run(...(round === 0 ? [] : ["--force", "activations"]))
      ours.push(node.items.executed / node.seconds)
    }
    floors.push(await bare(set.encoder, Number(jobs)))
  } finally {
    rmSync(store, { recursive: true, force: true })
  }
  const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1]
  const show = (values) => values.map((value) => value.toFixed(1)).join(", ")
  console.log(`bare loop      ${show(floors)} images/s`)
  console.log(
    `extraction     ${show(ours)} images/s (start of the workers and loading of the model included)`
  )
  console.log(`ratio          ${(median(ours) / median(floors)).toFixed(2)}`)
}

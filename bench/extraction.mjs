/**
 * Extraction against its lower bound, and compared with common practice:
 *
 *     node bench/extraction.mjs MODEL.onnx ANNOTATIONS.json IMAGES PRESET [LIMIT] [JOBS] [ROUNDS]
 *
 * - `bare`: onnxruntime-node runs the same model over prepared tensors, in the same number of processes, each with one
 *   runtime thread.
 * - `bare + inputs`: first reads, decodes and preprocesses the same images: the total work when all cores are busy.
 * - `extraction`: node `activations` of pipelines/coco.ts: decoding, every tap, pooling, digests, writing. Scenes,
 *   masks and tokens are computed beforehand.
 * - `PyTorch`: a model of DINOv2-small's shape at batch 1 with forward hooks, in one process (if PROBELINE_PYTHON
 *   names a Python with torch and transformers; loading is not timed, which favours it). Once with its default number of
 *   threads, once with one.
 *
 * All times include loading the model (except PyTorch's), and extraction's include starting its processes. Rounds are
 * interleaved, and ratios are medians over rounds of ratios within a round. CPU seconds of all processes, from Linux's
 * /proc, show what a loaded machine hides.
 */
import { execFileSync, fork } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { loadavg, tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { watched } from "./extraction/process-tree.mjs"

const batch = 4
const side = 224
const root = fileURLToPath(new URL("..", import.meta.url))
const here = (name) => fileURLToPath(new URL(`extraction/${name}`, import.meta.url))
delete process.env.NODE_EXTRA_CA_CERTS // Node reads certificates at start-up

const [model, annotations, folder, preset, limit = "64", jobs = "2", rounds = "5"] = process.argv.slice(2)
if (preset === undefined) {
  console.error(
    "usage: node bench/extraction.mjs MODEL.onnx ANNOTATIONS.json IMAGES PRESET [LIMIT] [JOBS] [ROUNDS]"
  )
  process.exit(2)
}

const work = mkdtempSync(join(tmpdir(), "probeline-bench-"))
try {
  await main()
} finally {
  rmSync(work, { recursive: true, force: true })
}

async function main() {
  await probeline("tokens")
  const images = await sampled()
  const measures = {
    bare: () => loops("bare", images),
    "bare + inputs": () => loops("both", images),
    extraction: () => extraction(),
    ...(process.env.PROBELINE_PYTHON === undefined
      ? {}
      : { PyTorch: () => torch(images), "PyTorch, 1": () => torch(images, { OMP_NUM_THREADS: "1" }) })
  }
  const taken = Object.fromEntries(Object.keys(measures).map((name) => [name, []]))
  for (let round = 0; round < Number(rounds); round++)
    for (const [name, measure] of Object.entries(measures)) taken[name].push(await measure())

  console.log(`${images.length} images, ${jobs} processes, ${rounds} rounds, load ${loadavg()[0].toFixed(1)}`)
  for (const [name, all] of Object.entries(taken)) {
    const over = (field) => median(all.map((one, i) => taken.bare[i][field] / one[field])).toFixed(2)
    console.log(
      [
        name.padEnd(14),
        `${(images.length / median(all.map(({ seconds }) => seconds))).toFixed(1)} images/s`.padStart(14),
        `${over("seconds")} of bare`.padStart(13),
        `${((1000 * median(all.map(({ cpu }) => cpu))) / images.length).toFixed(0)} ms CPU an image`.padStart(
          22
        ),
        `${over("cpu")} of bare`.padStart(13),
        all[0].note ?? ""
      ].join("  ")
    )
  }
}

/** @returns the seconds in the run's own record, without planning */
async function extraction() {
  const { nodes, cpu, peaks } = await probeline("activations", "--force", "activations")
  const { seconds, items } = nodes.find(({ id }) => id === "activations")
  if (items.executed === 0) throw new Error("nothing was extracted")
  return {
    seconds,
    cpu,
    note: `peaks of memory: ${peaks.map((peak) => `${Math.round(peak)}`).join(", ")} MiB`
  }
}

async function probeline(...nodes) {
  const settings = { annotations, images: folder, encoder: model, preset, limit }
  const flags = Object.entries(settings).flatMap(([key, value]) => [
    "-S",
    `${key}=${key === "preset" || key === "limit" ? value : resolve(value)}`
  ])
  const args = [join(root, "dist/probeline.js"), "run", join(root, "pipelines/coco.ts"), ...nodes, ...flags]
  const ran = await watched(process.execPath, [...args, "--json", "-j", jobs, "--store", join(work, "store")])
  return { ...JSON.parse(ran.stdout), cpu: ran.cpu, peaks: ran.peaks }
}

/** The image files of the sampled scenes. */
async function sampled() {
  const args = ["export", "latest:scenes", "--store", join(work, "store"), "-o", join(work, "scenes.csv")]
  execFileSync(process.execPath, [join(root, "dist/probeline.js"), ...args])
  const names = new Set(readFileSync(join(work, "scenes.csv"), "utf8").match(/[\w-]+\.jpg/g))
  return [...names].map((name) => resolve(folder, name))
}

async function loops(kind, images) {
  const processes = Array.from({ length: Number(jobs) }, (_, job) => {
    const own = images.filter((_, i) => i % Number(jobs) === job)
    const task = { kind, model: resolve(model), preset, images: own, side, batch }
    return fork(here("loop.mjs"), [JSON.stringify(task)])
  })
  const answers = () =>
    Promise.all(
      processes.map(
        (one) =>
          new Promise((answer, fail) =>
            one.once("message", answer).once("exit", (code) => fail(new Error(`a loop ended with ${code}`)))
          )
      )
    )
  await answers()
  const from = performance.now()
  for (const one of processes) one.send("go")
  const ended = await answers()
  return {
    seconds: (performance.now() - from) / 1000,
    cpu: ended.reduce((sum, { cpu }) => sum + cpu, 0)
  }
}

function torch(images, settings = {}) {
  const {
    seconds,
    cpu,
    threads,
    torch: version
  } = JSON.parse(
    execFileSync(process.env.PROBELINE_PYTHON, [here("torch_loop.py"), work, ...images], {
      encoding: "utf8",
      env: { ...process.env, ...settings },
      stdio: ["ignore", "pipe", "ignore"]
    })
  )
  return { seconds, cpu, note: `torch ${version}, ${threads} threads` }
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1]
}

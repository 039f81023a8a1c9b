/**
 * Memory of extraction: each process's peak, for few and for many images.
 *
 *     node bench/extraction-memory.mjs MODEL.onnx ANNOTATIONS.json IMAGES [PRESET] [FEW] [MANY] [JOBS]
 *
 * It must not grow with the number of images: a worker holds two batches of inputs and a chunk of rows. Linux only (/proc).
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { watched } from "./extraction/process-tree.mjs"

const root = fileURLToPath(new URL("..", import.meta.url))
const [model, annotations, images, preset = "", few = "32", many = "350", jobs = "2"] = process.argv.slice(2)
if (images === undefined) {
  console.error(
    "usage: node bench/extraction-memory.mjs MODEL.onnx ANNOTATIONS.json IMAGES [PRESET] [FEW] [MANY] [JOBS]"
  )
  process.exit(2)
}

for (const limit of [few, many]) {
  const store = mkdtempSync(join(tmpdir(), "probeline-bench-"))
  const run = async (node) => {
    const settings = {
      annotations: resolve(annotations),
      images: resolve(images),
      encoder: resolve(model),
      ...(preset === "" ? {} : { preset }),
      limit
    }
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-S", `${name}=${value}`])
    const args = [join(root, "dist/probeline.js"), "run", join(root, "pipelines/coco.ts"), node, ...flags]
    return watched(process.execPath, [...args, "--json", "-j", jobs, "--store", store])
  }
  try {
    await run("tokens")
    const { stdout, peaks } = await run("activations")
    const { items, bytes } = JSON.parse(stdout).nodes.find(({ id }) => id === "activations")
    const [main, ...workers] = peaks.map((peak) => `${Math.round(peak)} MiB`)
    console.log(
      `${items.executed} images, ${(bytes / 2 ** 20).toFixed(0)} MiB kept: peak ${main}, workers ${workers.join(", ")}`
    )
  } finally {
    rmSync(store, { recursive: true, force: true })
  }
}

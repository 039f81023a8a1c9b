/**
 * One process of the bare loops that extraction is compared with; its parent forks it and passes the work.
 *
 * `bare`: onnxruntime-node runs the unmodified model over prepared tensors. `inputs`: only reads, decodes and
 * preprocesses images, as extraction does. `both`: first `inputs`, then `bare`.
 */
import { readFile } from "node:fs/promises"
import { importTypeScript } from "../../tools/import-typescript.mjs"

/** @typedef {{ kind: "bare" | "inputs" | "both", model: string, preset: string, images: ReadonlyArray<string>, side: number, batch: number }} Work */
const { kind, model, preset, images, side, batch } = /** @type {Work} */ (JSON.parse(process.argv[2]))

// bundling is not part of the work, so it happens before the clock starts
const { decodeImage, preprocessInto, presetOf } =
  kind === "bare" ? {} : await importTypeScript("bench/extraction/inputs.ts")
process.send("ready")
await new Promise((go) => process.once("message", go))
const before = process.cpuUsage()
if (kind !== "bare") await prepare()
if (kind !== "inputs") await run()
const { user, system } = process.cpuUsage(before)
process.send({ cpu: (user + system) / 1e6 })
process.disconnect()

async function prepare() {
  const preprocessing = presetOf(preset)
  const target = new Float32Array(batch * 3 * side * side)
  for (let from = 0; from < images.length; from += batch)
    await Promise.all(
      images.slice(from, from + batch).map(async (image, i) => {
        const decoded = await decodeImage(await readFile(image))
        preprocessInto(decoded, preprocessing, target, i * 3 * side * side)
      })
    )
}

async function run() {
  const { InferenceSession, Tensor } = await import("onnxruntime-node")
  const session = await InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3
  })
  const [name] = session.inputNames
  const data = Float32Array.from({ length: batch * 3 * side * side }, (_, i) => Math.sin(i))
  const feeds = { [name]: new Tensor("float32", data, [batch, 3, side, side]) }
  for (let from = 0; from < images.length; from += batch) await session.run(feeds)
}

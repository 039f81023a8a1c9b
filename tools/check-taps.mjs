/**
 * Compares the taps of exported encoders with transformers' hidden states: `node tools/check-taps.mjs FOLDER`, with a
 * folder made by test/fixtures/onnx/export_matrix.py. Prints a table (worst relative error of any tap: largest
 * difference over largest magnitude) and exits 1 if a model is not recognised or a tap is wrong.
 */
import { readFileSync } from "node:fs"
import path from "node:path"
import { importTypeScript } from "./import-typescript.mjs"

const { describeEncoder } = await importTypeScript("stages/onnx/describe.ts")
const { readModel } = await importTypeScript("stages/onnx/reader.ts")
const { fileAccess } = await importTypeScript("stages/onnx/access.ts")
const { openEncoder } = await importTypeScript("stages/onnx/session.ts")
const { readNpy } = await importTypeScript("test/stages/onnx/npy.ts")

/** float32 may add in another order; half precision has 11 bits; int8 need only be nearest to its own reference */
const tolerances = { exact: 1e-4, half: 1e-2, int8: Infinity }
const within = ["attn_out", "resid_mid", "mlp_out"]

const folder = process.argv[2]
if (folder === undefined) {
  console.error("usage: node tools/check-taps.mjs FOLDER")
  process.exit(2)
}
const cells = JSON.parse(readFileSync(path.join(folder, "cells.json"), "utf8"))
const results = []
for (const cell of cells) results.push({ ...cell, ...(cell.error === undefined ? await check(cell) : {}) })
print(results)

async function check({ family, file, kind }) {
  const at = path.join(folder, file)
  try {
    const { taps, prefixTokens, warnings } = describe(at)
    const references = referencesOf(family)
    const names = taps.map(({ name }) => name).filter((name) => references.has(name))
    const missing = [...references.keys()].filter((name) => !names.includes(name))
    const pixels = readNpy(path.join(folder, family, "pixels.npy"))
    const session = await openEncoder(at, { taps: names })
    const outputs = await session.run(
      pixels.data.map((value) => value / 128 - 1),
      pixels.shape
    )
    await session.release()
    let worst = { tap: "", error: 0 }
    const foreign = []
    for (const name of names) {
      const error = relativeError(outputs[name].data, references.get(name))
      if (!(error <= worst.error)) worst = { tap: name, error }
      if (nearest(outputs[name].data, references) !== name) foreign.push(name)
    }
    const isRight = worst.error <= tolerances[kind] && foreign.length === 0 && missing.length === 0
    return { isRight, worst, foreign, missing, prefixTokens, warnings }
  } catch (error) {
    return { isRight: false, failed: error.message.slice(0, 300) }
  }
}

function describe(at) {
  const access = fileAccess(at)
  try {
    return describeEncoder(readModel(access))
  } finally {
    access.close()
  }
}

/** tap → its values in transformers */
function referencesOf(family) {
  const references = new Map()
  const states = readNpy(path.join(folder, family, "states.npy"))
  const size = states.data.length / states.shape[0]
  for (let i = 0; i < states.shape[0]; i++) {
    const name = i === 0 ? "embed" : `block.${i - 1}.resid_post`
    references.set(name, states.data.subarray(i * size, (i + 1) * size))
  }
  const { data } = readNpy(path.join(folder, family, "within.npy"))
  for (let k = 0; k * size < data.length; k++) {
    references.set(`block.${Math.floor(k / 3)}.${within[k % 3]}`, data.subarray(k * size, (k + 1) * size))
  }
  return references
}

function relativeError(actual, expected) {
  if (actual.length !== expected.length) return Infinity
  let [difference, scale] = [0, 0]
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(actual[i] - expected[i]))
    scale = Math.max(scale, Math.abs(expected[i]))
  }
  return difference / scale
}

/** The nearest reference, by mean squared difference. */
function nearest(actual, references) {
  let best = ["", Infinity]
  for (const [name, expected] of references) {
    let sum = 0
    for (let i = 0; i < expected.length; i++) sum += (actual[i] - expected[i]) ** 2
    if (sum < best[1]) best = [name, sum]
  }
  return best[0]
}

function print(all) {
  const families = [...new Set(all.map(({ family }) => family))]
  const ways = [...new Set(all.map(({ way }) => way))]
  const cell = (result) => {
    if (result === undefined) return ""
    if (result.error !== undefined) return "no export"
    if (result.failed !== undefined) return "FAILED"
    return `${result.worst.error.toExponential(1)}${result.isRight ? "" : " WRONG"}`
  }
  console.log(`| way | ${families.join(" | ")} |\n|---|${"---|".repeat(families.length)}`)
  for (const way of ways) {
    const row = families.map((family) => cell(all.find((one) => one.family === family && one.way === way)))
    console.log(`| ${way} | ${row.join(" | ")} |`)
  }
  const exported = all.filter(({ error }) => error === undefined)
  const right = exported.filter(({ isRight }) => isRight)
  console.log(`\n${right.length} of ${exported.length} right; ${all.length - exported.length} did not export`)
  for (const { family, way, error } of all) {
    const isSourceMissing = /No such ?file|NoSuchFile|proto file/i.test(error ?? "No such file")
    if (!isSourceMissing) console.log(`no export: ${family} ${way}: ${error}`)
  }
  for (const one of exported) {
    if (!one.isRight) console.log(JSON.stringify({ ...one, fused: undefined }))
    else if (one.warnings.length > 0) console.log(`${one.family} ${one.way}: ${one.warnings.join("; ")}`)
  }
  for (const { family, way, prefixTokens } of exported) {
    if (prefixTokens === null) console.log(`tokens before the patches are not told: ${family} ${way}`)
  }
  process.exitCode = right.length === exported.length ? 0 : 1
}

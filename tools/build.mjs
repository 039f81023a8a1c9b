/**
 * Builds dist/: the bundled program, its declarations, and the digests of the shipped stages' code.
 *
 * Effect is bundled and tree-shaken, because loading its modules one by one would take most of the start-up time (see
 * bench/). So is valibot, because we use a tenth of its one file, and Vega, whose hundred modules load in a third of the
 * time as one file. Every other dependency stays external and is loaded when needed.
 */
import { spawn } from "node:child_process"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from "node:fs"
import path from "node:path"
import { rolldown } from "rolldown"
import { root } from "./import-typescript.mjs"
import { stageCodes } from "./stage-codes.mjs"

const dist = path.join(root, "dist")
const entries = {
  probeline: "bin/probeline.ts",
  index: "src/index.ts",
  stages: "stages/index.ts",
  worker: "bin/worker.ts"
}
const { dependencies } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"))
const bundled = new Set(["effect", "valibot", "vega", "vega-lite"])
// Vega measures text with `canvas` if it is installed; it is not
const outside = [...Object.keys(dependencies).filter((name) => !bundled.has(name)), "canvas"]

// built in a temporary folder and renamed, so that a running program or another build never sees half of it
const made = path.join(root, `dist-${process.pid}.tmp`)
rmSync(made, { recursive: true, force: true })
mkdirSync(made)
try {
  const [typed] = await Promise.all([declarations(), bundle(), codes()])
  rmSync(dist, { recursive: true, force: true })
  renameSync(made, dist)
  // with a type error the program still runs, but this build must not be published
  if (!typed) process.exitCode = 1
} finally {
  rmSync(made, { recursive: true, force: true })
}

async function bundle() {
  const loads = new Map()
  /** The modules that the program loads at start-up. */
  let started
  const isStarted = (id) => (started ??= reached(path.join(root, entries.probeline), loads)).has(id)
  const present = Object.entries(entries).filter(([, file]) => existsSync(path.join(root, file)))
  const build = await rolldown({
    input: Object.fromEntries(present.map(([name, file]) => [name, path.join(root, file)])),
    cwd: root,
    plugins: [{ name: "loads", moduleParsed: ({ id, importedIds }) => void loads.set(id, importedIds) }],
    platform: "node",
    external: (id) => outside.some((name) => id === name || id.startsWith(`${name}/`)),
    // required by `includeDependenciesRecursively: false`
    preserveEntrySignatures: "allow-extension",
    transform: { target: "node20" }
  })
  await build.write({
    dir: made,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    banner: (chunk) => (chunk.isEntry && chunk.name === "probeline" ? "#!/usr/bin/env node" : ""),
    comments: false,
    // One chunk per part that two entries share would be a chunk for nearly every part, and each chunk adds half a
    // millisecond to start-up. So there is one chunk for what the program loads at start-up, and one for the stages.
    codeSplitting: {
      groups: [
        { name: "base", test: isStarted, minShareCount: 2, includeDependenciesRecursively: false },
        { name: "stage-parts", tags: ["$initial"], test: isStagePart, includeDependenciesRecursively: false }
      ]
    }
  })
  const program = path.join(made, "probeline.js")
  if (existsSync(program)) chmodSync(program, 0o755)
}

/**
 * All modules that `from` loads, directly or not; `loads` has the imports of each.
 *
 * @param {string} from @param {Map<string, string[]>} loads
 */
function reached(from, loads) {
  const seen = new Set([from])
  for (const id of seen) for (const next of loads.get(id) ?? []) seen.add(next)
  return seen
}

/** Excludes what the program itself loads to declare the stages' commands. @param {string} id */
function isStagePart(id) {
  return /[\\/]stages[\\/](?!package|commands[\\/]|vision[\\/](?:presets|processor-classes))/.test(id)
}

/** Writes the declarations of the two public faces and what they import. Returns whether all types check. */
async function declarations() {
  const compiler = path.join(root, "node_modules", "typescript", "bin", "tsc")
  const types = path.join(made, "types")
  const project = path.join(root, "tools", "tsconfig.build.json")
  const code = await exitCode(compiler, "--project", project, "--outDir", types)
  for (const name of existsSync(types) ? readdirSync(types, { recursive: true }) : []) {
    if (!name.endsWith(".d.ts")) continue
    const file = path.join(types, name)
    // the compiler keeps `.ts` in the imports of declarations, but consumers have no `.ts` files
    const text = readFileSync(file, "utf8").replace(/((?:from|import)[\s(]*"\.{1,2}\/[^"]+)\.ts"/g, '$1.js"')
    writeFileSync(file, text)
  }
  return code === 0
}

async function codes() {
  writeFileSync(path.join(made, "stage-codes.json"), `${JSON.stringify(await stageCodes(), null, 1)}\n`)
}

/** @param {string} script @param {ReadonlyArray<string>} parameters */
function exitCode(script, ...parameters) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...parameters], { cwd: root, stdio: "inherit" })
    child.on("error", reject)
    child.on("exit", resolve)
  })
}

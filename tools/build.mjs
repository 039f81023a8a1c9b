/**
 * Builds dist/: the bundled program, its declarations, and the digests of the shipped stages' code.
 *
 * Effect is bundled, tree-shaken, since loading its modules one by one would cost most of a start (see bench/), and so
 * is valibot, one file of which a tenth is used; every other dependency stays outside and is loaded when it is needed.
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
const outside = Object.keys(dependencies).filter((name) => name !== "effect" && name !== "valibot")

// built beside and moved in place, so that a program that is running, or another build, never sees half of it
const made = path.join(root, `dist-${process.pid}.tmp`)
rmSync(made, { recursive: true, force: true })
mkdirSync(made)
try {
  const [typed] = await Promise.all([declarations(), bundle(), codes()])
  rmSync(dist, { recursive: true, force: true })
  renameSync(made, dist)
  // the program runs though a type is wrong, but this build is no good for others
  if (!typed) process.exitCode = 1
} finally {
  rmSync(made, { recursive: true, force: true })
}

async function bundle() {
  const loads = new Map()
  /** What the program loads when it starts. */
  let started
  const isStarted = (id) => (started ??= reached(path.join(root, entries.probeline), loads)).has(id)
  const present = Object.entries(entries).filter(([, file]) => existsSync(path.join(root, file)))
  const build = await rolldown({
    input: Object.fromEntries(present.map(([name, file]) => [name, path.join(root, file)])),
    cwd: root,
    plugins: [{ name: "loads", moduleParsed: ({ id, importedIds }) => void loads.set(id, importedIds) }],
    platform: "node",
    external: (id) => outside.some((name) => id === name || id.startsWith(`${name}/`)),
    // asked for by `includeDependenciesRecursively: false`
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
    // A file for each part that two entries share would be a file for nearly every part, and each costs a start half
    // a millisecond: what the program loads at once lies together, and what stages are made of.
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

/** Modules that are loaded with one, by what each imports. @param {string} from @param {Map<string, string[]>} loads */
function reached(from, loads) {
  const seen = new Set([from])
  for (const id of seen) for (const next of loads.get(id) ?? []) seen.add(next)
  return seen
}

/** What the program itself loads to declare the stages' commands is left out. @param {string} id */
function isStagePart(id) {
  return /[\\/]stages[\\/](?!package|commands[\\/]|vision[\\/](?:presets|processor-classes))/.test(id)
}

/** Of the two public faces and what they reach. Says whether their types are right. */
async function declarations() {
  const compiler = path.join(root, "node_modules", "typescript", "bin", "tsc")
  const types = path.join(made, "types")
  const project = path.join(root, "tools", "tsconfig.build.json")
  const code = await exitCode(compiler, "--project", project, "--outDir", types)
  for (const name of existsSync(types) ? readdirSync(types, { recursive: true }) : []) {
    if (!name.endsWith(".d.ts")) continue
    const file = path.join(types, name)
    // the compiler keeps `.ts` in the imports of declarations, which a consumer has no such files for
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

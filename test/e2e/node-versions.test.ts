/**
 * A store means the same under every supported version of Node: the same artifacts, and fresh for all.
 *
 * All kinds of stages of the quickstart are compared, with one encoder at one tap: the numbers of the others come out of
 * onnxruntime, which is the same for all versions. `PROBELINE_FULL=1` compares the quickstart itself.
 * The versions come from npm, as test/nodes/package.json pins them. They are installed when they are first needed.
 */
import { execFile } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { promisify } from "node:util"
import { afterAll, describe, expect, it } from "vitest"
import { full } from "../full.ts"
import { makeRig, pipelines, type Rig, small } from "./cli.ts"
import { artifacts } from "./look.ts"

const folder = path.join(import.meta.dirname, "../nodes")
const pinned = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8")).dependencies as Record<
  string,
  string
>
const binaryOf = (name: string) => path.join(folder, "node_modules", name, "bin/node")
const run = promisify(execFile)

/** A message where the versions of Node cannot be had: npm's packages are for Linux on x64, and need a registry. */
const unavailable = await install()

async function install(): Promise<string | null> {
  const isInstalled = Object.entries(pinned).every(([name, from]) => {
    const file = path.join(folder, "node_modules", name, "package.json")
    return fs.existsSync(file) && from.endsWith(`@${JSON.parse(fs.readFileSync(file, "utf8")).version}`)
  })
  if (isInstalled) return null
  try {
    await run("npm", ["ci", "--ignore-scripts", "--no-bin-links", "--no-audit", "--no-fund"], { cwd: folder })
    return null
  } catch (error) {
    return `npm ci --prefix test/nodes: ${
      String((error as { stderr?: unknown }).stderr ?? error)
        .trim()
        .split("\n")[0]
    }`
  }
}

const [pipeline, nodes] = full ? [path.join(pipelines, "quickstart.ts"), 29] : [small, 11]
const compared = [pipeline, "-S", "scenes=40"]

describe("each version of Node", () => {
  const rigs = new Map<string, Rig>()
  afterAll(() => rigs.forEach((rig) => rig.remove()))

  it("makes the same artifacts of every stage, and finds those of the others fresh", async ({ skip }) => {
    if (unavailable !== null) skip(unavailable)
    const made: Record<string, ReturnType<typeof artifacts>> = {}
    for (const name of Object.keys(pinned)) {
      const rig = makeRig({ node: binaryOf(name) })
      rigs.set(name, rig)
      const { code, stderr, document } = await rig.json("run", ...compared)
      expect(code, stderr).toBe(0)
      made[name] = artifacts(document)
    }
    const [first, ...others] = Object.entries(made)
    expect(Object.keys(first![1])).toHaveLength(nodes)
    for (const [name, other] of others) expect(other, `${name} and ${first![0]}`).toEqual(first![1])
    for (const [reader, { cli }] of rigs)
      for (const [writer, { at }] of rigs) {
        if (reader === writer) continue
        const { code, stdout } = await cli("status", ...compared, "--check", "--store", at("artifacts"))
        expect(code, `${reader} reads what ${writer} wrote:\n${stdout}`).toBe(0)
      }
  }, 900_000)

  it("gives users' stages the same bits, too", async ({ skip }) => {
    if (unavailable !== null) skip(unavailable)
    const script = `
      import { createHash } from "node:crypto"
      import { acos, cos, exp, fromFloat16, log, log1p, normal, seededRandom, sin, toFloat16 } from "probeline"
      const random = seededRandom("versions")
      const values = Float64Array.from({ length: 210_000 }, (_, i) => {
        const x = random()
        return [exp(60 * x - 30), log(x), log1p(x), sin(40 * x), cos(40 * x), acos(2 * x - 1), normal(random)][i % 7]
      })
      const halves = fromFloat16(toFloat16(Float32Array.from(values)))
      console.log(createHash("sha256").update(new Uint8Array(values.buffer)).update(new Uint8Array(halves.buffer)).digest("hex"))
    `
    const digests = await Promise.all(
      Object.keys(pinned).map(async (name) => {
        const argv = ["--input-type=module", "-e", script]
        const { stdout } = await run(binaryOf(name), argv, { cwd: path.join(folder, "../..") })
        return stdout.trim()
      })
    )
    expect(digests[0]).toMatch(/^[0-9a-f]{64}$/)
    expect(new Set(digests)).toEqual(new Set([digests[0]]))
  })
})

/** Probe transfer: `diff` applies one version's probes to the other's activations, where their weights were kept. */
import * as path from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { fixtures, makeRig, type Rig } from "./cli.ts"

let rig: Rig
const pipeline = path.join(fixtures, "planted.ts")
beforeAll(async () => {
  rig = makeRig()
  for (const [name, ...set] of [
    ["base"],
    ["entangled", "-S", "world=entangled"],
    ["wider", "-S", "width=20"],
    ["light", "-S", "keep=nothing"]
  ] as ReadonlyArray<ReadonlyArray<string>>) {
    const { code, stderr } = await rig.cli("run", pipeline, "--name", name!, ...set)
    expect(code, stderr).toBe(0)
  }
}, 120_000)
afterAll(() => rig.remove())

/** By fit: the accuracy of a's probes on b's activations, and the gap to b's own. */
async function transferOf(a: string, b: string) {
  const { code, document, stderr } = await rig.json("diff", `${a}:probes`, `${b}:probes`)
  expect(code, stderr).toBe(0)
  const { columns, rows } = document.nodes[0].comparison.tables.fits
  const column = (name: string) => rows.map((row: ReadonlyArray<unknown>) => row[columns.indexOf(name)])
  return {
    gaps: column("transfer_gap") as ReadonlyArray<number | null>,
    lines: document.nodes[0].comparison.lines as ReadonlyArray<string>
  }
}

it("finds a gap where the versions encode the labels differently, in every fit", async () => {
  const { gaps } = await transferOf("base", "entangled")
  expect(gaps.length).toBeGreaterThan(3)
  for (const gap of gaps) expect(Number.isFinite(gap)).toBe(true)
  // the rotation is the same, but the secondary's tokens now hold the primary where base has noise
  expect(Math.max(...gaps.map((gap) => Math.abs(gap!)))).toBeGreaterThan(0.05)
})

it("is undefined across widths, and says so; and where no weights were kept", async () => {
  const wider = await transferOf("base", "wider")
  expect(wider.gaps.every((gap) => gap === null)).toBe(true)
  expect(wider.lines.join("\n")).toMatch(/features/)
  const { gaps } = await transferOf("light", "entangled")
  expect(gaps.every((gap) => gap === null)).toBe(true)
})

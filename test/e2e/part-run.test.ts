/** A run of some nodes alone: says so wherever it is listed, and which files were asked for. */
import { afterAll, beforeAll, expect, it } from "vitest"
import { encoder, makeRig, type Rig, small } from "./cli.ts"
import { expectRefusal, runsOf } from "./look.ts"

let rig: Rig
const words = ["-S", "scenes=4", "-S", `encoder=${encoder}`]
beforeAll(async () => {
  rig = makeRig()
  await rig.cli("run", small, "tokens", ...words)
})
afterAll(() => rig.remove())

it("names what it was asked for among what is written, and that latest is a part", async () => {
  const { stdout } = await rig.cli("run", small, "masks", "scenes", "masks", ...words)
  const [{ run }] = await runsOf(rig)
  expect(stdout).toContain(
    [
      "written",
      `  artifacts/runs/${run}/masks.parquet`,
      `  artifacts/runs/${run}/scenes.parquet`,
      `  artifacts/runs/latest → ${run} (only part of the pipeline)`
    ].join("\n")
  )
  const lines = (await rig.cli("runs")).stdout.split("\n")
  expect(lines[1]).toMatch(/^@1 .* only masks, scenes$/)
  expect(lines[2]).toMatch(/^@2 .* only tokens$/)
  expect((await rig.json("show", "latest")).document.targets).toEqual(["masks", "scenes"])
})

it("sends who asks it for another node to the run that has it", async () => {
  const refused = await rig.json("show", "latest:tokens")
  expectRefusal(refused, { code: 2, tag: "NodeNotFound", says: ["the last run that has it: @2:tokens"] })
})

it("that was refused before it began does the same", async () => {
  expect((await rig.cli("run", small, "-S", "encoder=gone", "-S", "scenes=5")).code).toBe(2)
  const refused = await rig.json("show", "latest:masks")
  expectRefusal(refused, {
    code: 2,
    tag: "ArtifactNotFound",
    says: ["gone", "the last run that has it: @2:masks"]
  })
})

it("of all nodes is none, though they are named", async () => {
  const { document } = await rig.json("run", small, "measures", "activations", "-k", ...words)
  expect(document.targets).toBeNull()
})

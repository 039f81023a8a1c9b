/** The history of a pipeline: names, notes, changed parameters, and `latest/<pipeline>`, its last complete run. */
import { readFileSync, readlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { makeRig, pipelines, type Rig } from "./cli.ts"
import { expectRefusal, runsOf } from "./look.ts"

const brightness = join(pipelines, "brightness.ts")
let rig: Rig
let runs: ReadonlyArray<any>
const complete = () => readlinkSync(rig.at("artifacts/latest/brightness"))
beforeAll(async () => {
  rig = makeRig()
  await rig.cli("run", brightness, "-S", "scenes=4", "--name", "base", "--note", "four scenes, to begin with")
  await rig.cli("run", brightness, "-S", "scenes=5")
  await rig.cli("run", brightness, "scenes", "-S", "scenes=6")
  runs = await runsOf(rig)
})
afterAll(() => rig.remove())

it("lists name, note and the parameters that changed since the pipeline's run before", async () => {
  expect(runs.map(({ name, note }) => [name, note])).toEqual([
    [null, null],
    [null, null],
    ["base", "four scenes, to begin with"]
  ])
  expect(runs.map(({ changed }) => changed)).toEqual([
    [{ param: "scenes", before: 5, after: 6 }],
    [{ param: "scenes", before: 4, after: 5 }],
    []
  ])
  const lines = (await rig.cli("runs")).stdout.split("\n")
  expect(lines[1]).toMatch(/scenes 5 → 6; only scenes$/)
  expect(lines[3]).toMatch(/ base .* four scenes, to begin with$/)
})

it("takes a run's name wherever a run is asked for", async () => {
  expect((await rig.json("show", "base")).document).toMatchObject({
    run: runs[2].run,
    name: "base",
    note: "four scenes, to begin with"
  })
  expect((await rig.cli("show", "base")).stdout).toMatch(/, named base\nfour scenes, to begin with\n$/)
  expect((await rig.json("show", "base:brightness")).document).toMatchObject({ node: "brightness" })
  const { document } = await rig.json("runs", "rename", "base", "four")
  expect(document).toEqual({ runs: [{ run: runs[2].run, name: "four" }] })
  expect((await runsOf(rig))[2]).toMatchObject({ name: "four", note: "four scenes, to begin with" })
  const refused = await rig.json("show", "base")
  expectRefusal(refused, { code: 2, tag: "RunNotFound", says: ['no run or artifact "base"'] })
})

it("gives a name that two runs have to the later one", async () => {
  await rig.cli("runs", "rename", "@2", "twice")
  await rig.cli("runs", "rename", "@1", "twice")
  expect((await rig.json("show", "twice")).document.run).toBe(runs[0].run)
  // the earlier one would not be found by it
  const refused = await rig.json("runs", "rename", "@3", "twice")
  expectRefusal(refused, { code: 2, tag: "Usage", says: ["the name of a later run", runs[0].run] })
})

it.each([
  ["latest", "already refers to a run"],
  ["20261129-073848.538-a1c3", "is not a letter"],
  ["deadbeef", "looks like the digest of an artifact"],
  ["@1", "is not a letter"],
  ["a/b", "is not a letter"]
])("refuses the name %j before anything runs", async (name, says) => {
  const refused = await rig.json("run", brightness, "-S", "scenes=7", `--name=${name}`)
  expectRefusal(refused, { code: 2, tag: "Usage", says: [says] })
  expect(await runsOf(rig)).toHaveLength(3)
  const renamed = await rig.json("runs", "rename", "@1", name)
  expectRefusal(renamed, { code: 2, tag: "Usage", says: [says] })
})

it("asks for a run and a name to rename", async () => {
  for (const words of [[], ["@1"], ["@1", "a", "b"]])
    expectRefusal(await rig.json("runs", "rename", ...words), {
      code: 2,
      tag: "Usage",
      says: ["rename takes a run and its new name"]
    })
  expectRefusal(await rig.json("runs", "rename", "@2:brightness", "x"), {
    code: 2,
    tag: "Usage",
    says: ["only runs have names"]
  })
})

it("keeps latest/<pipeline> at the last complete run: not at one of a few nodes, nor at a failed one", async () => {
  expect(complete()).toBe(join("..", "runs", runs[1].run))
  expect(readFileSync(rig.at("artifacts/latest/brightness/brightness.parquet")).length).toBeGreaterThan(100)
  expect((await rig.cli("run", brightness, "-S", "scenes=0")).code).toBe(2)
  expect(complete()).toBe(join("..", "runs", runs[1].run))
  await rig.cli("run", brightness, "-S", "scenes=4")
  const [last] = await runsOf(rig)
  expect(complete()).toBe(join("..", "runs", last.run))
})

it("reads a damaged label as none", async () => {
  const [{ run }] = await runsOf(rig)
  writeFileSync(rig.at(`artifacts/runs/${run}/labels.json`), '{"name": "lat')
  expect((await runsOf(rig))[0]).toMatchObject({ run, name: null, note: null })
})

it("keeps the run that latest/<pipeline> points at, and its labels, in gc", async () => {
  const before = complete()
  for (const scenes of [8, 9]) await rig.cli("run", brightness, "scenes", "-S", `scenes=${scenes}`)
  const { code, stdout } = await rig.cli("gc", "--keep", "1", "--grace", "0s")
  expect(`${code} ${stdout}`).toMatch(/^0 /)
  expect(complete()).toBe(before)
  expect((await runsOf(rig)).map(({ run }) => join("..", "runs", run))).toContain(before)
  expect((await rig.cli("verify")).code).toBe(0)
})

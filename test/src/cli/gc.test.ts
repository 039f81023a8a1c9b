import { afterEach, beforeEach, expect, it } from "vitest"
import { gcCommand } from "../../../src/cli/gc.ts"
import { runsCommand } from "../../../src/cli/runs.ts"
import type { Lab } from "../run/lab.ts"
import { age, contents, storeOf } from "../store/gc/worlds.ts"
import { labOfTwoRuns, typed } from "./store-commands.ts"

let lab: Lab
beforeEach(async () => {
  lab = await labOfTwoRuns()
})
afterEach(() => lab.close())
const gc = (line = "gc") => typed(lab, gcCommand, line)
const runs = (line: string) => typed(lab, runsCommand, line)

it("says what it freed and what it kept, as text and as JSON; a dry run says the same and takes nothing", async () => {
  age(storeOf(lab))
  const before = contents(storeOf(lab))
  const dry = await gc("gc --keep 1 -n")
  expect(dry.code).toBe(0)
  expect(dry.text).toMatch(/runs to delete +pipeline\nrun-000000 +lab +ok/)
  expect(dry.text).toMatch(/would free \d.*B: \d+ files \(.*\d+ in objects.*\)/)
  expect(dry.text).toContain("(dry run: nothing was deleted)")
  const { json: planned } = await gc("gc --keep 1 --dry-run --json")
  expect(contents(storeOf(lab))).toEqual(before)

  const { json } = await gc("gc --keep 1 --json")
  expect({ ...planned, dryRun: false, locks: json.locks }).toEqual(json)
  expect(json).toMatchObject({
    freed: { files: expect.any(Number) as number, bytes: expect.any(Number) as number },
    kept: { runs: 1 },
    runs: [
      { run: "run-000001", pipeline: "lab", kept: true, why: "recent" },
      { run: "run-000000", pipeline: "lab", kept: false, why: null }
    ],
    dryRun: false
  })
  expect(json.freed.bytes).toBeGreaterThan(1000)
  expect((await gc("gc --keep 1")).text).toMatch(/^nothing to free\nkept .*: 1 run,/)
})

it("spares what is young; --grace says what is", async () => {
  expect((await gc("gc --keep 1 -n")).text).toMatch(/nothing to free\nkept .*: 2 runs \(1 young\)/)
  age(storeOf(lab))
  expect((await gc("gc --keep 1 -n --grace 3d")).text).toContain("nothing to free")
  expect((await gc("gc --keep 1 -n --grace 1.5d")).text).toContain("would free")
  await expect(gc("gc --grace soon")).rejects.toMatchObject({
    _tag: "Usage",
    message: '--grace: expected a time such as 90s, 30m, 1h or 2d, got "soon"'
  })
})

it("keeps what `runs pin` has pinned, which `runs` shows", async () => {
  age(storeOf(lab))
  expect(await runs("runs pin @2 @2")).toMatchObject({
    code: 0,
    text: "pinned run-000000\npinned run-000000"
  })
  expect((await runs("runs")).text).toMatch(/run-000000 .* pinned\b/)
  expect((await runs("runs --json")).json.runs.map((run: { pinned: boolean }) => run.pinned)).toEqual([
    false,
    true
  ])
  expect((await gc("gc --keep 1 -n")).text).toContain("2 runs (1 pinned)")
  expect((await runs("runs unpin run-000000 --json")).json).toEqual({
    runs: [{ run: "run-000000", pinned: false }]
  })
  expect((await gc("gc --keep 1 -n")).text).toContain("would free")
})

it("pins no run where one of several is unknown, and says what pinning is done with", async () => {
  await expect(runs("runs pin @1 nope")).rejects.toMatchObject({ _tag: "RunNotFound" })
  expect((await runs("runs --json")).json.runs.some((run: { pinned: boolean }) => run.pinned)).toBe(false)
  await expect(runs("runs pinn @1")).rejects.toMatchObject({
    message: expect.stringMatching(/^unknown action: pinn; .*`runs unpin RUN`/) as string,
    hint: 'did you mean "pin"?'
  })
  await expect(runs("runs @1")).rejects.toMatchObject({ hint: "probeline show @1" })
  await expect(runs("runs pin")).rejects.toMatchObject({ message: "no run given to pin" })
  await expect(runs("runs pin @1:halves")).rejects.toMatchObject({
    message: expect.stringContaining("artifact") as string
  })
})

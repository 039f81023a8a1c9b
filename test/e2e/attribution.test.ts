/** `diff --attribute`: which of the parameters that changed made the difference. */
import * as fs from "node:fs"
import * as path from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { fixtures, makeRig, type Rig } from "./cli.ts"
import { expectRefusal, runsOf } from "./look.ts"

let rig: Rig
const source = fs.readFileSync(path.join(fixtures, "attributed.ts"), "utf8")
const run = async (name: string, ...set: ReadonlyArray<string>) => {
  const { code, stderr } = await rig.cli("run", "attributed.ts", "--name", name, ...set)
  expect(code, stderr).toBe(0)
}
const latest = () => fs.readlinkSync(rig.at("artifacts/latest/attributed"))

beforeAll(async () => {
  rig = makeRig()
  rig.write("attributed.ts", source)
  await run("a")
  await run("b", "-S", "by=2", "-S", "plus=3")
})
afterAll(() => rig.remove())

it("says what it would run, and runs nothing", async () => {
  const before = await runsOf(rig)
  const { code, document } = await rig.json("diff", "a", "b", "--attribute", "-n")
  expect(code).toBe(0)
  expect(document.would).toEqual([
    { changed: [], nodes: { total: 3, run: 0, may_run: 0 } },
    { changed: ["by"], nodes: { total: 3, run: 1, may_run: 1 } },
    { changed: ["plus"], nodes: { total: 3, run: 1, may_run: 1 } },
    { changed: ["by", "plus"], nodes: { total: 3, run: 0, may_run: 0 } }
  ])
  expect(await runsOf(rig)).toEqual(before)
})

it("shares the difference out over both orders of change; what was computed once is cached", async () => {
  const last = latest()
  for (const attempt of ["first", "second"]) {
    const { code, document, stderr } = await rig.json("diff", "a", "b", "--attribute")
    expect(code, stderr).toBe(0)
    expect(document.verdict).toBe("different")
    const { params, effects, runs } = document.attribution
    expect(params).toEqual(["by", "plus"])
    // 4 → 2 · (4 + 3): `by` alone gives 8, `plus` alone 7
    expect(effects).toEqual([
      {
        node: "means",
        effect: "mean",
        total: 10,
        shares: [
          { param: "by", mean: 5.5, least: 4, most: 7 },
          { param: "plus", mean: 4.5, least: 3, most: 6 }
        ],
        rest: 0
      }
    ])
    expect(runs.map(({ changed, verdict }: any) => [changed, verdict])).toEqual([
      [[], "same"],
      [["by"], "inconclusive"],
      [["plus"], "inconclusive"],
      [["by", "plus"], "different"]
    ])
    const { document: shown } = await rig.json("show", runs[1].run)
    const status = attempt === "first" ? "executed" : "cached"
    expect(shown.nodes.find(({ id }: any) => id === "scaled").status).toBe(status)
  }
  // a mixture is no complete run
  expect(latest()).toBe(last)
})

it("prints the shares and the verdict on each mixture, on a terminal and in Markdown", async () => {
  const { stdout } = await rig.cli("diff", "a", "b", "--attribute")
  expect(stdout).toContain("attribution: what each parameter adds to the difference")
  expect(stdout).toMatch(
    /mean\s+\+10\.000\s+\+5\.500 \(\+4\.000 to \+7\.000\)\s+\+4\.500 \(\+3\.000 to \+6\.000\)/
  )
  expect(stdout).toMatch(/by, plus\s+different/)
  const { stdout: markdown } = await rig.cli("diff", "a", "b", "--attribute", "--md")
  expect(markdown).toContain("| mean | +10.000 | +5.500 (+4.000 to +7.000) |")
})

it("a mixture that fails leaves its shares unknown, and is named", async () => {
  await run("three", "-S", "by=3", "-S", "plus=1")
  const { code, document } = await rig.json("diff", "a", "three", "--attribute")
  expect(code).toBe(1)
  const { effects, runs } = document.attribution
  expect(effects[0].shares.map(({ mean }: any) => mean)).toEqual([null, null])
  expect(runs[1]).toMatchObject({ changed: ["by"], verdict: null })
  expect(runs[1].why).toContain(`probeline show ${runs[1].run}`)
})

it("code that changed since is the rest", async () => {
  rig.write("attributed.ts", source.replaceAll("=> length + plus", "=> length + plus + 1"))
  const { document } = await rig.json("diff", "a", "b", "--attribute")
  rig.write("attributed.ts", source)
  // now 1 · 5 and 2 · 8, where they were 4 and 14
  const [effect] = document.attribution.effects
  expect(effect).toMatchObject({ total: 10, rest: -1 })
  expect(effect.shares.reduce((sum: number, { mean }: any) => sum + mean, 0)).toBe(11)
})

it("refuses what cannot be attributed", async () => {
  const usage = (words: ReadonlyArray<string>, says: ReadonlyArray<string>) =>
    rig.json("diff", ...words).then((ended) => expectRefusal(ended, { code: 2, tag: "Usage", says }))
  await usage(["a", "a", "--attribute"], ["the same parameters"])
  await usage(["a:means", "b:means", "--attribute"], ["needs two runs"])
  await usage(["a", "b", "-n"], ["a diff runs nothing"])
})

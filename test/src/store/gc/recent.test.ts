import { expect, it } from "vitest"
import { recentRuns } from "../../../../src/store/gc/recent.ts"
import type { RunRecord, RunStatus } from "../../../../src/store/records/run-record.ts"
import { nodeRecord, runRecord } from "../../cli/records.ts"

/** A run of pipeline `name`; `made` has the artifact of each node, "-" for none. */
const run = (id: string, name: string, made: string, status: RunStatus = "ok"): RunRecord =>
  runRecord(
    [...made].map((artifact, i) => nodeRecord(`n${i}`, { artifact: artifact === "-" ? null : artifact })),
    { id, pipeline: name, file: `/home/me/${name}.ts`, status }
  )
const kept = (runs: ReadonlyArray<RunRecord>, keep: number) =>
  [...recentRuns(runs, keep)].map(({ id }) => id).sort()

it("counts the runs of each pipeline by themselves: quick ones push out nobody else's night", () => {
  const quick = Array.from({ length: 10 }, (_, i) => run(`2${i}`, "quick", String(i)))
  expect(kept([run("1", "night", "abc"), ...quick], 2)).toEqual(["1", "28", "29"])
})

it("takes pipelines of one name in two files, and two names in one file, for different ones", () => {
  const a = run("1", "p", "a")
  expect(kept([a, { ...a, id: "2", file: "/elsewhere/p.ts" }, { ...a, id: "3", pipeline: "q" }], 1)).toEqual([
    "1",
    "2",
    "3"
  ])
})

it("counts runs that end with the same artifacts as one, of which the first and the last stay", () => {
  const runs = [run("1", "p", "ab"), ...["2", "3", "4"].map((id) => run(id, "p", "ac"))]
  expect(kept(runs, 1)).toEqual(["2", "4"])
  expect(kept(runs, 2)).toEqual(["1", "2", "4"])
})

it("does not count mixtures, and keeps those of the lines that it keeps", () => {
  const mixture = (id: string, made: string) => ({ ...run(id, "p", made), mixture: true as const })
  const runs = [
    run("1", "p", "ab"),
    mixture("2", "ax"),
    mixture("3", "xb"),
    run("4", "p", "cd"),
    mixture("5", "cx")
  ]
  expect(kept(runs, 2)).toEqual(["1", "2", "3", "4", "5"])
  expect(kept(runs, 1)).toEqual(["4", "5"])
})

it("does not count runs that made nothing new: failed ones, stopped ones, some nodes alone", () => {
  const runs = [
    run("1", "p", "abc"),
    run("2", "p", "ad-", "failed"),
    ...["3", "4", "5"].map((id) => run(id, "p", "a--", "failed")),
    run("6", "p", "", "interrupted")
  ]
  expect(kept(runs, 2)).toEqual(["1", "2", "6"])
})

it("counts what comes back after something else as new", () => {
  expect(kept([run("1", "p", "a"), run("2", "p", "b"), run("3", "p", "a")], 2)).toEqual(["2", "3"])
})

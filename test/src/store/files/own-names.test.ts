import { expect, it } from "vitest"
import { isOwn, isOwnFolder, isRunName } from "../../../../src/store/files/own-names.ts"
import { runId } from "../../../../src/cli/run-nodes.ts"

it.each([
  ["notes.txt", false],
  ["run.json", false],
  ["objects/ab/notes.txt", false],
  [`objects/ab/${"a".repeat(64)}.parquet`, true],
  [`objects/ab/${"a".repeat(64)}.parquet.tmp-12-abcdefabcdef`, true],
  [`objects/ab/deeper/${"a".repeat(64)}.parquet`, false],
  ["runs/a/run.json", true],
  ["runs/a/b/run.json", false],
  ["runs/a/probes/vit.parquet", true],
  ["runs/a/probes/vit.csv", false],
  ["runs/a.json", false],
  ["locks/a.lock/1", true],
  ["locks/a.lock/01", false],
  ["locks/a/1", false],
  ["cache/collecting/12-abcdefabcdef.json", true],
  ["cache/collecting/notes.json", false]
])("%s is a name that the store makes: %s", (name, own) => {
  expect(isOwn(name, { kind: "file" })).toBe(own)
})

it("tells views that another run shows from links of the user's", () => {
  expect(isOwn("runs/b/probes", { kind: "link", target: "../a/probes" })).toBe(true)
  expect(isOwn("runs/b/probes", { kind: "link", target: "../a/masks" })).toBe(false)
  expect(isOwn("runs/b/probes", { kind: "link", target: "/home/me/probes" })).toBe(false)
  expect(isOwn("runs/b/probes", { kind: "file" })).toBe(false)
})

it("knows the names of runs, and the folders that gc may remove when they are empty", () => {
  expect(isRunName(runId(new Date()))).toBe(true)
  for (const name of ["mine", "20261128", "latest", "20261128-152333.105-97bd.tmp-12"])
    expect(isRunName(name)).toBe(false)
  for (const name of ["objects/ab", "traces/stage/ab", "traces/stage/items"])
    expect(isOwnFolder(name)).toBe(true)
  for (const name of ["objects", "objects/mine", "runs/mine", "traces/stage/mine"])
    expect(isOwnFolder(name)).toBe(false)
})

import { problemOf } from "../problem-of.ts"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { resolveReference } from "../../../src/project/reference.ts"
import type { Problem } from "../../../src/support/problem.ts"
import { nodeFileSystem } from "../../../src/store/files/file-system.ts"
import { makeStore } from "../../../src/store/store.ts"
import { manifest, nodeRecord, runRecord } from "../cli/records.ts"

const root = fs.mkdtempSync(path.join(os.tmpdir(), "probeline-reference-"))
const store = makeStore(root, nodeFileSystem())
const digest = "ab".repeat(32)
const runs = ["20260101-000000.000-aaaa", "20260102-000000.000-bbbb", "20260102-000001.000-cccc"]

beforeAll(async () => {
  const nodes = [
    nodeRecord("probes/vit", { artifact: digest }),
    nodeRecord("gone", { artifact: "cd".repeat(32) }),
    nodeRecord("bad", { artifact: null, status: "failed", error: "no luck" })
  ]
  await store.putManifest(manifest({ digest }))
  for (const id of runs) await store.putRun(runRecord(nodes, { id }))
  store.files.symlink(runs[2]!, store.layout.latest)
})
afterAll(() => fs.rmSync(root, { recursive: true, force: true }))

const found = (text: string) => resolveReference(store, text)
const refused = (text: string): Promise<Problem> => problemOf(() => resolveReference(store, text))
const runOf = async (text: string) => (await found(text)).run?.id

it("names runs by latest, @n, id, and the beginning of an id", async () => {
  expect(await runOf("latest")).toBe(runs[2])
  expect(await runOf("@1")).toBe(runs[2])
  expect(await runOf("@3")).toBe(runs[0])
  expect(await runOf(runs[1]!)).toBe(runs[1])
  expect(await runOf("20260101")).toBe(runs[0])
})

it("names artifacts by a run's node, digest, and manifest", async () => {
  for (const text of [
    "latest:probes/vit",
    "@2:probes/vit",
    digest,
    digest.slice(0, 8),
    store.layout.manifest(digest)
  ])
    expect(await found(text)).toMatchObject({ kind: "artifact", manifest: { digest } })
  expect(await found("@2:probes/vit")).toMatchObject({ name: "probes/vit", run: { id: runs[1] } })
})

describe("what is not there is said", () => {
  it.each([
    ["@4", "RunNotFound", "@1 is the most recently started"],
    ["@0", "RunNotFound", "@1 is the most recently started"],
    ["20260102", "RunNotFound", "one of"],
    ["20260103-000000.000-aaaa", "RunNotFound", "did you mean"],
    ["", "RunNotFound", "lists the runs"],
    ["latest:probe/vit", "NodeNotFound", 'did you mean "probes/vit"'],
    ["latest:bad", "ArtifactNotFound", "no luck"],
    ["latest:gone", "ArtifactNotFound", "run the pipeline again"],
    ["abababac", "RunNotFound", "lists the runs"],
    ["abab", "RunNotFound", ""]
  ])("%s", async (text, tag, hint) => {
    const problem = await refused(text)
    expect(problem._tag).toBe(tag)
    expect(problem.hint).toContain(hint)
  })
})

it("lets no name lead out of the store", async () => {
  fs.mkdirSync(path.join(root, "evil"))
  fs.copyFileSync(path.join(store.layout.run(runs[0]!), "run.json"), path.join(root, "evil", "run.json"))
  for (const text of ["../evil", "..", ".", "../runs/latest", "latest/../../evil", "latest:../evil"])
    expect((await refused(text)).exitCode).toBe(2)
  expect((await refused(path.join(root, "evil", "run.json")))._tag).toBe("ArtifactNotFound")
})

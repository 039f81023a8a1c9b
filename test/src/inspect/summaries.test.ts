import { problemOf } from "../problem-of.ts"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterAll, expect, it } from "vitest"
import { outputSummaries } from "../../../src/inspect/hooks.ts"
import { column } from "../../../src/pipeline/columns.ts"
import { buildGraph } from "../../../src/pipeline/graph.ts"
import { table } from "../../../src/pipeline/ports.ts"
import type { Summary } from "../../../src/pipeline/figures.ts"
import { defineStage } from "../../../src/pipeline/stage.ts"
import { nodeFileSystem } from "../../../src/store/files/file-system.ts"
import { makeStore } from "../../../src/store/store.ts"
import { manifest, nodeRecord, runRecord } from "../cli/records.ts"
import type { Opened } from "../../../src/project/open-pipeline.ts"

const root = fs.mkdtempSync(path.join(os.tmpdir(), "probeline-summaries-"))
afterAll(() => fs.rmSync(root, { recursive: true, force: true }))

const digest = "ab".repeat(32)
const run = runRecord([nodeRecord("measures", { artifact: digest })], { outputs: { measures: ["measures"] } })

/** An empty table whose stage sums it up by `summary`. */
function opened(summary: () => Summary, code = "c1".repeat(16), source = "s1") {
  const stage = defineStage.source("measure", {
    item: "x",
    output: table({ a: column.int32() }),
    summary,
    compute: async function* () {}
  })
  const store = makeStore(root, nodeFileSystem())
  const { graph } = buildGraph("demo", { measures: stage("measures", {}) }, (at) => at)
  return {
    graph,
    planning: {
      store,
      outside: { digests: { digest: () => ({ sha256: source, size: 1 }) } },
      codeOf: () => ({ digest: code, modules: {}, packages: {} })
    },
    addressOf: () => ({ url: "file:///lab/stages.js", module: null, export: "measure" })
  } as unknown as Opened
}
const titles = async (given: Opened) => (await outputSummaries(given, run)).map(({ title }) => title)
const titled = (title: string) => () => ({ title, columns: [], rows: [] })

it("sums an output up once for an artifact, its stage's code and its file", async () => {
  const first = opened(titled("first"))
  await first.planning.store.putManifest(
    manifest({ digest, form: "table", idColumn: null, items: 0, rows: 0, ids: null })
  )
  expect(await titles(first)).toEqual(["first"])
  // the artifact is not read again: it could not be
  expect(
    await titles(
      opened(() => {
        throw new Error("asked again")
      })
    )
  ).toEqual(["first"])
  expect(await titles(opened(titled("second"), "c2".repeat(16)))).toEqual(["second"])
  // a summary is in no code digest: where its stage's file has changed, it is asked again
  expect(await titles(opened(titled("third"), "c1".repeat(16), "s2"))).toEqual(["third"])
})

it("says which summary failed", async () => {
  const broken = opened(() => {
    throw new Error("no such column")
  }, "c3".repeat(16))
  const problem = await problemOf(() => outputSummaries(broken, run))
  expect(problem).toMatchObject({ _tag: "OutputInvalid", field: "measures" })
  expect(problem.message).toContain("no such column")
})

it("has none of what failed or was skipped", async () => {
  const skipped = runRecord([nodeRecord("measures", { artifact: null })], {
    outputs: { measures: ["measures"] }
  })
  expect(await outputSummaries(opened(titled("x")), skipped)).toEqual([])
})

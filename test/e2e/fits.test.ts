/** Fits by the real command line: which run again, what stops them, and what a person is told. */
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { DuckDBInstance } from "@duckdb/node-api"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { fixtures, makeRig, type Rig } from "./cli.ts"
import { makeCocoData } from "./coco-data.ts"
import { artifacts, executed, nodeOf } from "./look.ts"

const pipeline = path.join(fixtures, "imported.ts")
const dumped = fileURLToPath(new URL("../fixtures/import/activations", import.meta.url))
let rig: Rig
let set: ReadonlyArray<string>
let first: Awaited<ReturnType<Rig["json"]>>
beforeAll(async () => {
  rig = makeRig()
  const data = await makeCocoData(rig.at("coco"))
  fs.cpSync(dumped, rig.at("dump"), { recursive: true })
  set = [...data.set, "-S", `manifest=${rig.at("dump/manifest.json")}`]
  first = await run()
}, 60_000)
afterAll(() => rig.remove())

const run = (...options: ReadonlyArray<string>) => rig.json("run", pipeline, ...set, ...options)
const fitted = (document: any) => {
  const { total, executed: computed, failed } = nodeOf(document, "probes").items
  return { total, computed, failed }
}
const edited = async <A>(name: string, edit: (bytes: Buffer) => void, act: () => Promise<A>): Promise<A> => {
  const before = fs.readFileSync(rig.at(name))
  const bytes = Buffer.from(before)
  edit(bytes)
  fs.writeFileSync(rig.at(name), bytes)
  try {
    return await act()
  } finally {
    fs.writeFileSync(rig.at(name), before)
  }
}
/** The last number of a .npy file of float32. */
const setLast = (value: number) => (bytes: Buffer) => void bytes.writeFloatLE(value, bytes.length - 4)
const one = "logistic/aligned/embed/avg_obj/object/category"

it("are items with ids that people can read, one row each", async () => {
  expect(first.code, first.stderr).toBe(0)
  // three taps by four kinds of tokens, of which only avg_obj was dumped
  expect(fitted(first.document)).toEqual({ total: 12, computed: 12, failed: 0 })
  const { document } = await rig.json("show", "@1:probes", one)
  expect(document.rows).toMatchObject([{ fit: one, tap: "embed", n: 64, undefined_because: null }])
  expect(first.document.losses).toContainEqual(
    expect.objectContaining({
      node: "probes",
      reason: "no example has such a token",
      count: 9,
      total: 12
    })
  )
})

it("of a tap that changed are computed again, and no others; why names the tap", async () => {
  await edited("dump/embed.npy", setLast(0.25), async () => {
    await run("activations")
    const why = await rig.cli("why", pipeline, "probes", ...set)
    expect(why.stdout).toMatch(/^  tap embed of activations changed \(/m)
    expect(why.stdout).toMatch(/^  4 of 12 fits left to compute$/m)
    const ofFit = await rig.cli("why", pipeline, "probes", one, ...set)
    expect(ofFit.stdout).toMatch(/is stale\n  tap embed of activations changed/)
    const other = await rig.cli("why", pipeline, "probes", one.replace("embed", "final.norm"), ...set)
    expect(other.stdout).toMatch(/is fresh\n/)
    const { document } = await run()
    expect(fitted(document)).toEqual({ total: 12, computed: 4, failed: 0 })
  })
  const { document } = await run()
  expect(artifacts(document)).toEqual(artifacts(first.document))
  expect(executed(document)).not.toContain("probes")
})

it("of a tap that is dropped stay as long as gc keeps a run with them, and are found again", async () => {
  const without = (bytes: Buffer) =>
    Buffer.from(bytes.toString().replace('"embed": "embed.npy",', " ".repeat('"embed": "embed.npy",'.length)))
  const manifest = "dump/manifest.json"
  const gc = (keep: string) => rig.cli("gc", "--keep", keep, "--grace", "0s")
  const dropped = () =>
    edited(
      manifest,
      (bytes) => void without(bytes).copy(bytes),
      async () => fitted((await run()).document)
    )
  expect(await dropped()).toEqual({ total: 8, computed: 0, failed: 0 })
  expect((await gc("5")).code).toBe(0)
  expect(fitted((await run()).document)).toEqual({ total: 12, computed: 0, failed: 0 })
})

it("may be listed by a stage of one's own; one that names no tap fails alone", async () => {
  const own = rig.write(
    "own.ts",
    `import { column, definePipeline, defineStage, memberNames, one, param } from "probeline"
import {
  aggregate, chooseExamples, coco, findSupport, fitProbes, importActivations, kfold, sampleScenes, scoreProbes
} from "probeline/stages"
const [probe, selection, tap, token, source, target] = Array.from({ length: 6 }, () => column.utf8())
const task = column.nullable(column.utf8())
export const ownFits = defineStage.whole("own-fits", {
  item: "fit",
  inputs: { activations: memberNames("activation") },
  output: one({ probe, selection, tap, token, source, task, target }),
  compute: ({ activations }) =>
    [...activations, "nothing"].map((tap) => ({
      id: tap, tap, probe: "perceptron", selection: "aligned", token: "avg_obj", source: "object", task: null,
      target: "category"
    }))
})
export default definePipeline("own", {
  params: { annotations: param.file(), images: param.folder(), manifest: param.file() },
  graph: ({ annotations, images, manifest }) => {
    const scenes = sampleScenes("scenes", { source: coco({ annotations, images }) })
    const activations = importActivations("activations", { manifest })
    const support = findSupport("support", {
      scenes, tokens: [activations], activations: [activations], encoders: ["own"], of: "objects"
    })
    const examples = chooseExamples("examples", { scenes, support, question: "category" })
    const fits = ownFits("fits", { activations })
    const probes = fitProbes("probes", { fits, activations, examples, encoder: "own", split: kfold({ seeds: 1 }) })
    return { measures: aggregate("measures", { scores: [scoreProbes("scores", { fits: probes })] }) }
  }
})
`
  )
  const { document, code } = await rig.json("run", own, ...set)
  expect(code).toBe(1)
  expect(nodeOf(document, "probes")).toMatchObject({
    status: "failed",
    items: { total: 4, executed: 3, failed: 1 },
    failures: [{ item: "nothing", error: 'there is no tap "nothing" in "activation"' }]
  })
  expect(nodeOf(document, "measures").status).toBe("skipped")
  const went = await rig.json("run", own, ...set, "-k")
  expect(nodeOf(went.document, "measures")).toMatchObject({ status: "executed", incomplete: true })
})

it("have the same artifacts for one to four jobs", async () => {
  for (const jobs of ["1", "2", "3", "4"]) {
    const { document } = await run("--store", rig.at(`jobs-${jobs}`), "-j", jobs)
    expect(artifacts(document), jobs).toEqual(artifacts(first.document))
  }
})

describe("predictions", () => {
  it("unnest to one row each in DuckDB", async () => {
    const duckdb = await (await DuckDBInstance.create(":memory:")).connect()
    const file = rig.at("artifacts/runs/latest/probes.parquet")
    const { document } = await run()
    expect(document.status).toBe("ok")
    const answer = await duckdb.runAndReadAll(
      `select tap, count(*)::int, avg((label = predicted)::int) from (
         select tap, unnest(label) as label, unnest(predicted) as predicted from '${file}') group by tap order by tap`
    )
    const rows = answer.getRowsJS()
    expect(rows.map(([tap, count]) => [tap, count])).toEqual([
      ["block.0.resid_post", 64],
      ["embed", 64],
      ["final.norm", 64]
    ])
    expect(rows[0]![2]).toBeGreaterThan(0.9)
  })
})

/** An encoder on a hub: a run downloads it, nothing else does, and once it is there nobody is asked again. */
import * as fs from "node:fs"
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { HubServer, sha256 } from "../stages/hub/hub-server.ts"
import { encoder, fixtures, makeRig, type Rig } from "./cli.ts"
import { executed, nodeOf } from "./look.ts"

const beside = (name: string) => fs.readFileSync(path.join(path.dirname(encoder), name))
const commit = "c0ffee".padEnd(40, "0")
const model = fs.readFileSync(encoder)
const pipeline = path.join(fixtures, "hub.ts")
const set = ["-S", "repo=lab/vit"]

let server: HubServer
const rigs: Array<Rig> = []
/** A folder, and so a cache and a store, of its own. */
const rigWith = (env: Readonly<Record<string, string>> = {}): Rig => {
  const rig = makeRig({ env: { HF_ENDPOINT: server.endpoint, ...env } })
  rigs.push(rig)
  return rig
}
beforeAll(async () => {
  const files = {
    "config.json": beside("config.json"),
    "preprocessor_config.json": beside("preprocessor_config.json"),
    "onnx/model.onnx": model
  }
  server = await HubServer.start({ name: "lab/vit", refs: { main: commit }, commits: { [commit]: files } })
})
afterAll(async () => {
  for (const rig of rigs) rig.remove()
  await server[Symbol.asyncDispose]()
})

describe("a pipeline with an encoder on a hub", () => {
  let rig: Rig
  beforeAll(() => {
    rig = rigWith()
  })
  it("is looked at without a request: its nodes are unknown, and what a run would download is said", async () => {
    const planned = await rig.json("run", pipeline, "-n", ...set)
    for (const id of ["masks", "activations"])
      expect(nodeOf(planned.document, id).cues[0]).toMatchObject({ cue: "not-here" })
    await rig.cli("run", pipeline, "scenes", ...set)
    const { document } = await rig.json("status", pipeline, ...set)
    expect(nodeOf(document, "scenes")).toMatchObject({ state: "fresh" })
    expect(nodeOf(document, "masks")).toMatchObject({
      state: "unknown",
      cues: [{ cue: "not-here", path: "lab/vit@main: its encoder" }]
    })
    expect((await rig.cli("why", pipeline, "masks", ...set)).stdout).toContain(
      "a run downloads lab/vit@main: its encoder first"
    )
    expect((await rig.cli("run", pipeline, "-n", ...set)).code).toBe(0)
    expect(server.take()).toEqual([])
  })
  it("downloads it when it runs, once for all nodes, and logs that", async () => {
    const { code, document, stderr } = await rig.json("run", pipeline, ...set)
    expect(code, stderr).toBe(0)
    expect(executed(document)).toEqual(["masks", "tasks", "tokens", "activations"])
    expect(stderr).toContain("downloading lab/vit: onnx/model.onnx")
    expect(server.take().filter((request) => request === `GET /${commit}/onnx/model.onnx`)).toHaveLength(1)
    const at = rig.at(`.cache/huggingface/hub/models--lab--vit/snapshots/${commit}/onnx/model.onnx`)
    expect(sha256(fs.readFileSync(at))).toBe(sha256(model))
  })
  it("asks nobody again, also when the hub's branch has moved, and needs no network", async () => {
    server.repository.refs["main"] = "d".repeat(40)
    const { document } = await rig.json("run", pipeline, ...set)
    expect(executed(document)).toEqual([])
    const { code } = await rig.cli("status", pipeline, ...set, "--check")
    expect(code).toBe(0)
    expect(server.take()).toEqual([])
    server.repository.refs["main"] = commit
  })
  it("has the key of the same file at a path; where it came from is recorded beside", async () => {
    const { document } = await rig.json("run", pipeline)
    expect(executed(document)).toEqual([])
    const traces = fs
      .readdirSync(rig.at("artifacts"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".json"))
      .map((entry) => fs.readFileSync(path.join(entry.parentPath, entry.name), "utf8"))
    const origin = `"lab/vit@${commit}: onnx/model.onnx"`
    expect(traces.some((text) => text.includes(origin) && text.includes('"extract-activations"'))).toBe(true)
  })
  it("is unknown again when the cache is gone, until a run has fetched it", async () => {
    fs.rmSync(rig.at(".cache/huggingface"), { recursive: true })
    const { document } = await rig.json("status", pipeline, ...set)
    expect(nodeOf(document, "masks")).toMatchObject({ state: "unknown" })
    expect(server.take()).toEqual([])
    expect(executed((await rig.json("run", pipeline, ...set)).document)).toEqual([])
  })
})

describe("a model that cannot be had", () => {
  it("fails its run before anything is computed, or with -k its node, and says what to do", async () => {
    const rig = rigWith({ HF_HUB_OFFLINE: "1" })
    for (const command of ["run", "status"]) {
      const { code, document } = await rig.json(command, pipeline, ...set)
      expect(code).toBe(1)
      expect(document.error).toMatchObject({ tag: "FetchFailed" })
      expect(document.error.message).toMatch(/^lab\/vit@main is not in the cache/)
      expect(document.error.hint).toMatch(/HF_HUB_OFFLINE/)
    }
    const going = await rig.json("run", pipeline, ...set, "-k")
    expect(going.code).toBe(1)
    expect(nodeOf(going.document, "scenes")).toMatchObject({ status: "executed" })
    expect(nodeOf(going.document, "masks")).toMatchObject({ status: "failed" })
  })
  it("of a name that is none is refused when the pipeline is read", async () => {
    const { code, document } = await rigWith().json("status", pipeline, "-S", "repo=lab vit")
    expect(code).toBe(2)
    expect(document.error).toMatchObject({ tag: "PipelineInvalid", field: "graph" })
    expect(document.error.message).toContain('"lab vit" is not a repository')
  })
})

it("a download that is interrupted goes on from there in the next run", async () => {
  const rig = rigWith()
  server.behaviour.stallsAfter = 100_000
  const { child, ended, seen } = rig.start("run", pipeline, ...set)
  await seen(/downloading lab\/vit: onnx/)
  const blobs = rig.at(".cache/huggingface/hub/models--lab--vit/blobs")
  const partial = () => fs.readdirSync(blobs).filter((name) => name.endsWith(".incomplete"))
  await expect
    .poll(() => partial().map((name) => fs.statSync(path.join(blobs, name)).size))
    .toEqual([100_000])
  child.kill("SIGINT")
  expect((await ended).code).toBe(130)
  expect(partial()).toHaveLength(1)
  server.behaviour = {}
  server.requests.length = 0
  const { code } = await rig.json("run", pipeline, "masks", ...set)
  expect(code).toBe(0)
  expect(server.requests.find(({ host }) => host === "contents")?.range).toBe("bytes=100000-")
  expect(partial()).toEqual([])
})

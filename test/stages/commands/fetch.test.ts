import * as fs from "node:fs"
import * as path from "node:path"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { fetchCommand } from "../../../stages/commands/fetch.ts"
import { HubServer } from "../hub/hub-server.ts"
import { context, fixture, look, makeFolder, problemOf } from "./rig.ts"

const commit = "1".repeat(40)
let folder: string
let server: HubServer
beforeEach(async () => {
  folder = makeFolder()
  const files = {
    "onnx/vision_model.onnx": fs.readFileSync(fixture("clip.onnx")),
    "preprocessor_config.json": Buffer.from('{"image_processor_type":"CLIPImageProcessor"}'),
    "config.json": Buffer.from('{"model_type":"clip"}')
  }
  server = await HubServer.start({ name: "lab/clip", refs: { main: commit }, commits: { [commit]: files } })
  for (const name of ["HF_HUB_CACHE", "HF_TOKEN", "HF_HUB_OFFLINE", "HTTP_PROXY", "http_proxy"])
    vi.stubEnv(name, "")
  vi.stubEnv("HF_HOME", folder)
  vi.stubEnv("HF_ENDPOINT", server.endpoint)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await server[Symbol.asyncDispose]()
  fs.rmSync(folder, { recursive: true })
})
const fetch = (args: object = {}, logged: Array<string> = []) =>
  fetchCommand({ repo: "lab/clip", revision: null, file: null, refresh: false, ...args }, context(logged))

it("downloads a model into the cache, says where it is, and asks for nothing a second time", async () => {
  const logged: Array<string> = []
  const { json, text } = await fetch({}, logged)
  const file = path.join(folder, "hub/models--lab--clip/snapshots", commit, "onnx/vision_model.onnx")
  expect(json).toMatchObject({ repo: "lab/clip", commit, file: "onnx/vision_model.onnx", path: file })
  expect(fs.readFileSync(file).equals(fs.readFileSync(fixture("clip.onnx")))).toBe(true)
  expect(text(look)).toContain(`lab/clip@${commit.slice(0, 12)}`)
  expect(text(look)).toContain("downloaded 0.1 MB")
  expect(logged.join("\n")).toContain("downloading lab/clip: onnx/vision_model.onnx")

  server.take()
  const again = await fetch()
  expect(server.take()).toEqual([])
  expect(again.json).toEqual({ ...(json as object), downloaded: 0 })
  expect(again.text(look)).toContain("already in the cache")
  vi.stubEnv("HF_HUB_OFFLINE", "1")
  expect((await fetch()).json).toMatchObject({ downloaded: 0 })
})

it("--refresh asks where the branch is", async () => {
  await fetch()
  server.take()
  await fetch({ refresh: true })
  expect(server.take().length).toBeGreaterThan(0)
})

describe("says what is wrong:", () => {
  it.each([
    ["a name that is none", { repo: "../clip" }, { _tag: "Usage", exitCode: 2 }, "is not a repository"],
    [
      "a repository that is not there",
      { repo: "lab/other" },
      { _tag: "FetchFailed", exitCode: 1 },
      "lab/other"
    ],
    ["a file that is not there", { file: "x.onnx" }, { _tag: "FetchFailed", exitCode: 1 }, "x.onnx"],
    ["a revision that is not there", { revision: "v9" }, { _tag: "FetchFailed", exitCode: 1 }, "v9"]
  ])("%s", async (_, args, expected, message) => {
    const problem = await problemOf(fetch(args))
    expect(problem).toMatchObject({ ...expected, message: expect.stringContaining(message) })
    expect(problem.hint).not.toBeNull()
  })
  it("what is not in the cache, offline", async () => {
    vi.stubEnv("HF_HUB_OFFLINE", "1")
    expect((await problemOf(fetch())).message).toContain("HF_HUB_OFFLINE forbids")
    expect(server.take()).toEqual([])
  })
})

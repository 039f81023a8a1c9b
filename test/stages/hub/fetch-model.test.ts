/** Models of a hub, downloaded into the Hugging Face cache: against a server on this machine, never the internet. */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { CachedRepo, findInCache } from "../../../stages/hub/cache.ts"
import { fetchModel } from "../../../stages/hub/fetch-model.ts"
import { HubRequests } from "../../../stages/hub/requests.ts"
import type { HubModel } from "../../../stages/hub/reference.ts"
import { gitSha1, HubServer, type Repository, sha256 } from "./hub-server.ts"

const fixture = (name: string) => fs.readFileSync(new URL(`../../fixtures/onnx/${name}`, import.meta.url))
const model = fixture("clip.onnx")
const processor = Buffer.from('{"image_processor_type":"CLIPImageProcessor"}')
const config = Buffer.from('{"model_type":"clip"}')
const [first, second] = ["1".repeat(40), "2".repeat(40)]
const name = "lab/clip"

vi.setConfig({ testTimeout: 10_000 })

let server: HubServer
let folder: string
let lines: Array<string>
const hub = (more: Partial<HubModel> = {}): HubModel => ({
  repo: name,
  revision: "main",
  file: null,
  ...more
})
const get = (more: Partial<HubModel> = {}, refresh = false, signal = new AbortController().signal) =>
  fetchModel(hub(more), { signal, log: (line) => void lines.push(line), refresh })
const refusal = (more: Partial<HubModel> = {}): Promise<Error & { readonly hint: string }> =>
  get(more).then(
    () => expect.unreachable("it was fetched"),
    (error) => error
  )
const find = (more: Partial<HubModel> = {}) =>
  findInCache(hub(more), async (file) => (fs.existsSync(file) ? fs.readFileSync(file, "utf8") : null))
const cached = () => new CachedRepo(name)
const blobs = () => fs.readdirSync(cached().blobs).toSorted()
const ranges = () => server.requests.filter(({ host }) => host === "contents").map(({ range }) => range)

beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "probeline-hub-"))
  const files = {
    "config.json": config,
    "preprocessor_config.json": processor,
    "onnx/vision_model.onnx": model,
    "onnx/other.onnx": Buffer.from("other")
  }
  const repository: Repository = {
    name,
    refs: { main: first, "refs/pr/1": first },
    commits: { [first]: files }
  }
  server = await HubServer.start(repository)
  lines = []
  const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"].flatMap((name) => [name, name.toLowerCase()])
  for (const variable of ["HF_HUB_CACHE", "HF_TOKEN", "HF_HUB_OFFLINE", ...proxies]) vi.stubEnv(variable, "")
  vi.stubEnv("HF_ENDPOINT", server.endpoint)
  vi.stubEnv("HF_HOME", folder)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await server[Symbol.asyncDispose]()
  fs.rmSync(folder, { recursive: true, force: true })
})

describe("a model that is fetched", () => {
  it("lies in the cache as every tool lays it out, with its commit, and is whole", async () => {
    const fetched = await get()
    expect(fetched).toEqual({
      repo: name,
      commit: first,
      file: "onnx/vision_model.onnx",
      path: path.join(folder, "hub/models--lab--clip/snapshots", first, "onnx/vision_model.onnx"),
      downloaded: model.length + processor.length + config.length
    })
    expect(fs.readFileSync(fetched.path).equals(model)).toBe(true)
    expect(fs.readlinkSync(fetched.path)).toBe(`../../../blobs/${sha256(model)}`)
    expect(fs.readFileSync(cached().ref("main"), "utf8")).toBe(first)
    expect(blobs()).toEqual([sha256(model), gitSha1(processor), gitSha1(config)].toSorted())
    expect(lines[0]).toBe("downloading lab/clip: onnx/vision_model.onnx (139 kB)")
  })
  it("is one that the hub's own client lists, without a warning", async () => {
    await get()
    const { scanCacheDir } = await import("@huggingface/hub")
    const { repos, warnings } = await scanCacheDir(path.join(folder, "hub"))
    expect(warnings).toEqual([])
    expect(repos[0]).toMatchObject({ id: { name, type: "model" } })
    expect(repos[0]!.revisions).toMatchObject([{ commitOid: first, refs: ["main"] }])
  })
  it("may be asked for by the name that its repository had before", async () => {
    server.formerName = "lab/old"
    const requests = new HubRequests("lab/old", new AbortController().signal)
    expect(await requests.head(first, "onnx/vision_model.onnx")).toEqual({
      etag: sha256(model),
      size: model.length
    })
  })
  it("is found again without a request, by branch and by commit", async () => {
    await get()
    server.take()
    const found = await find()
    expect(found.model).toMatchObject({ commit: first, file: "onnx/vision_model.onnx" })
    expect((await find({ revision: first })).model).toEqual(found.model)
    expect(server.take()).toEqual([])
  })
  it("takes one request for the commit, and two for each file that there is", async () => {
    await get()
    const resolve = `/lab/clip/resolve/${first}`
    expect(server.take()).toEqual([
      "GET /api/models/lab/clip/revision/main",
      `HEAD ${resolve}/onnx/vision_model.onnx`,
      `GET ${resolve}/onnx/vision_model.onnx`,
      `GET /${first}/onnx/vision_model.onnx`,
      `HEAD ${resolve}/preprocessor_config.json`,
      `GET ${resolve}/preprocessor_config.json`,
      `HEAD ${resolve}/config.json`,
      `GET ${resolve}/config.json`
    ])
  })
  it("may be of a branch with slashes, and on a hub that lists no files", async () => {
    server.behaviour.unlisted = true
    expect(await get({ revision: "refs/pr/1" })).toMatchObject({ commit: first })
    expect(fs.readFileSync(cached().ref("refs/pr/1"), "utf8")).toBe(first)
    expect((await find({ revision: "refs/pr/1" })).model).not.toBeNull()
  })
  it("is downloaded once, though two ask at a time", async () => {
    const [one, other] = await Promise.all([get(), get()])
    expect(one).toEqual(other)
    expect(ranges()).toHaveLength(1)
  })
  it("brings the files of its external weights, from its own folder", async () => {
    const weights = fixture("vit-fp16.onnx_data")
    Object.assign(server.repository.commits[first]!, {
      "onnx/vit-fp16.onnx": fixture("vit-fp16.onnx"),
      "onnx/vit-fp16.onnx_data": weights
    })
    const { path: at } = await get({ file: "onnx/vit-fp16.onnx" })
    expect(fs.readFileSync(`${at}_data`).equals(weights)).toBe(true)
  })
  it("is refused where the repository lacks its weights", async () => {
    server.repository.commits[first]!["onnx/vit-fp16.onnx"] = fixture("vit-fp16.onnx")
    const { message } = await refusal({ file: "onnx/vit-fp16.onnx" })
    expect(message).toMatch(
      /the weights of onnx\/vit-fp16.onnx should be in onnx\/vit-fp16.onnx_data, which is not in the repository/
    )
  })
})

describe("a branch", () => {
  beforeEach(async () => {
    await get()
    server.repository.commits[second] = { "model.onnx": Buffer.from("newer") }
    server.repository.refs["main"] = second
    server.take()
  })
  it("stays at the commit that the cache has of it, though the hub's has moved", async () => {
    expect((await find()).model!.commit).toBe(first)
    // also where a file is missing that was not wanted before
    expect(await get({ file: "onnx/other.onnx" })).toMatchObject({ commit: first })
    expect((await find()).model!.commit).toBe(first)
  })
  it("moves when it is fetched anew; what did not change is not downloaded again", async () => {
    server.repository.commits[second] = {
      ...server.repository.commits[first],
      "config.json": Buffer.from("{}")
    }
    expect(await get({}, true)).toMatchObject({ commit: second, downloaded: 2 })
    expect((await find()).model!.commit).toBe(second)
    expect((await find({ revision: first })).model!.commit).toBe(first)
  })
  it("stays where it was, and complete, when fetching anew fails in the middle", async () => {
    server.behaviour.breaks = [1, 0, 0, 0]
    await expect(get({}, true)).rejects.toThrow()
    expect((await find()).model!.commit).toBe(first)
  })
})

describe("offline (HF_HUB_OFFLINE=1)", () => {
  it("makes no request: what is there is found, what is not is said", async () => {
    await get()
    server.take()
    vi.stubEnv("HF_HUB_OFFLINE", "1")
    expect((await find()).model).toMatchObject({ commit: first })
    const { message, hint } = await refusal({ file: "onnx/other.onnx" })
    expect(message).toMatch(/lab\/clip@main: onnx\/other.onnx is not in the cache .*HF_HUB_OFFLINE/)
    expect(hint).toMatch(/unset HF_HUB_OFFLINE/)
    expect(server.take()).toEqual([])
  })
  it("says which commits are there, where it is not known which one the branch is at", async () => {
    await get()
    fs.rmSync(cached().ref("main"))
    vi.stubEnv("HF_HUB_OFFLINE", "1")
    const { message, hint } = await refusal()
    expect(message).toMatch(/has commits of lab\/clip, but none is recorded for "main"/)
    expect(hint).toContain(`use one of these as the revision: ${first}`)
    expect((await find({ revision: first })).model).toMatchObject({ commit: first })
  })
  it("names a link whose content was not copied with it", async () => {
    const { path: at } = await get()
    fs.rmSync(fs.realpathSync(at))
    vi.stubEnv("HF_HUB_OFFLINE", "1")
    const { message, hint } = await refusal()
    expect(message).toContain(`${at} is a dangling symlink`)
    expect(hint).toMatch(/blobs/)
  })
  it("finds a model that another tool has put there alone, without what lies beside it", async () => {
    const at = cached().snapshot(first, "onnx/model.onnx")
    fs.mkdirSync(path.dirname(at), { recursive: true })
    fs.writeFileSync(at, model)
    fs.mkdirSync(path.dirname(cached().ref("main")), { recursive: true })
    fs.writeFileSync(cached().ref("main"), `${first}\n`)
    // online, an image tower of its own may be there, and a configuration
    expect((await find()).lacks).toBe(`lab/clip@${first.slice(0, 12)}: its encoder`)
    expect((await find({ file: "onnx/model.onnx" })).lacks).toMatch(/preprocessor_config.json$/)
    vi.stubEnv("HF_HUB_OFFLINE", "true")
    expect((await find()).model).toMatchObject({ file: "onnx/model.onnx" })
  })
})

describe("a download that breaks off", () => {
  it("goes on by itself from there", async () => {
    server.behaviour.breaks = [50_000, 50_000]
    const { path: at } = await get()
    expect(fs.readFileSync(at).equals(model)).toBe(true)
    expect(ranges()).toEqual([null, "bytes=50000-", "bytes=100000-"])
  })
  it("is given up when nothing comes any more, and goes on from there at the next try", async () => {
    server.behaviour.breaks = [60_000, 0, 0, 0]
    const { message, hint } = await refusal()
    expect(message).toMatch(/stops at 60000 of 138376 bytes/)
    expect(hint).toMatch(/try again/)
    expect(blobs()).toEqual([`${sha256(model)}.incomplete`])
    server.behaviour = {}
    server.requests.length = 0
    expect(await get()).toMatchObject({ commit: first })
    expect(ranges()).toEqual(["bytes=60000-"])
    expect(blobs().filter((name) => name.includes("incomplete"))).toEqual([])
  })
  it("when interrupted leaves what came, and the next goes on from there", async () => {
    server.behaviour.stallsAfter = 70_000
    const abort = new AbortController()
    const interrupted = get({}, false, abort.signal)
    const partial = () => blobs().find((name) => name.includes("incomplete"))
    await vi.waitUntil(() => {
      if (!fs.existsSync(cached().blobs)) return false
      const name = partial()
      return name !== undefined && fs.statSync(path.join(cached().blobs, name)).size === 70_000
    })
    abort.abort(new Error("Ctrl-C"))
    await expect(interrupted).rejects.toThrow("Ctrl-C")
    expect(partial()).toBe(`${sha256(model)}.incomplete`)
    server.behaviour = {}
    server.requests.length = 0
    await get()
    expect(ranges()).toEqual(["bytes=70000-"])
  })
  it("of a process that was killed is taken over", async () => {
    fs.mkdirSync(cached().blobs, { recursive: true })
    const host = os.hostname().replace(/[^\w-]/g, "_")
    const left = `${sha256(model)}.${host}.${2 ** 22 + 1}.0.incomplete` // no process has such a number
    fs.writeFileSync(path.join(cached().blobs, left), model.subarray(0, 1000))
    await get()
    expect(ranges()).toEqual(["bytes=1000-"])
    expect(blobs().filter((name) => name.includes("incomplete"))).toEqual([])
  })
  it("starts again where the server knows no ranges", async () => {
    server.behaviour = { breaks: [50_000], ignoresRange: true }
    const { path: at } = await get()
    expect(fs.readFileSync(at).equals(model)).toBe(true)
  })
})

describe("a content that is not what the hub says", () => {
  it("that is longer is not received to its end, and is removed", async () => {
    server.behaviour.sends = (content) => Buffer.concat(Array.from({ length: 100 }, () => content))
    const { message } = await refusal()
    expect(message).toMatch(/arrived damaged: \d+ bytes, not 138376/)
    expect(Number(/(\d+) bytes/.exec(message)![1])).toBeLessThan(10 * model.length)
    expect(blobs()).toEqual([])
  })
  it.each([
    ["of another sha256", "onnx/vision_model.onnx", /its sha256 is/],
    ["of another git sha1", "preprocessor_config.json", /its git sha1 is/]
  ])("%s is refused, and nothing of it is kept", async (_, file, says) => {
    server.behaviour.sends = (content) =>
      (file.endsWith(".onnx") ? content.length > 1000 : content.length < 1000)
        ? Uint8Array.from(content, (byte, i) => (i === 3 ? byte ^ 1 : byte))
        : content
    const { message } = await refusal()
    expect(message).toMatch(says)
    expect(message).toContain(file)
    expect(blobs().filter((name) => name.includes("incomplete"))).toEqual([])
    expect(fs.existsSync(cached().ref("main"))).toBe(false)
  })
  it("begun with another content, is found out and begun anew", async () => {
    fs.mkdirSync(cached().blobs, { recursive: true })
    fs.writeFileSync(path.join(cached().blobs, `${sha256(model)}.incomplete`), new Uint8Array(1000))
    await expect(get()).rejects.toThrow(/its sha256 is/)
    expect(await get()).toMatchObject({ commit: first })
  })
})

it.each(["../../../../outside", "..", ".", "a/b", "a\\b", "x.incomplete", "x".repeat(300)])(
  "a content that a hub calls %j is refused: that would be a file's name",
  async (etag) => {
    server.behaviour.etag = etag
    const before = fs.readdirSync(folder)
    expect((await refusal()).message).toContain("sent no valid etag")
    expect(fs.readdirSync(folder).filter((one) => one !== "hub")).toEqual(before)
    expect(fs.existsSync(cached().blobs)).toBe(false)
  }
)

it("a partial download that is a link is not gone on with: it leads elsewhere", async () => {
  const theirs = path.join(folder, "theirs")
  fs.writeFileSync(theirs, "mine")
  fs.mkdirSync(cached().blobs, { recursive: true })
  const dead = 2 ** 22 - 1
  const host = os.hostname().replace(/[^\w-]/g, "_")
  fs.symlinkSync(theirs, path.join(cached().blobs, `${sha256(model)}.${host}.${dead}.0.incomplete`))
  fs.symlinkSync(theirs, path.join(cached().blobs, `${sha256(model)}.incomplete`))
  await get()
  expect(fs.readFileSync(theirs, "utf8")).toBe("mine")
})

describe("what a hub refuses", () => {
  it.each<[string, Partial<HubModel>, RegExp, RegExp]>([
    ["an unknown repository", { repo: "lab/clop" }, /no lab\/clop@main on http/, /check the name/],
    ["an unknown revision", { revision: "mian" }, /lab\/clip has no revision "mian"/, /branches and tags/],
    [
      "an unknown file",
      { file: "onnx/vision.onnx" },
      /has no file onnx\/vision.onnx/,
      /onnx\/vision_model.onnx/
    ]
  ])("%s", async (_, more, says, hint) => {
    const error = await refusal(more)
    expect(error.name).toBe("HubError")
    expect(error.message).toMatch(says)
    expect(error.hint).toMatch(hint)
  })
  it("a repository without an export", async () => {
    server.repository.commits[first] = { "model.safetensors": model }
    const { message, hint } = await refusal()
    expect(message).toMatch(/has none of onnx\/vision_model.onnx/)
    expect(hint).toMatch(/tools\/export_encoder.py/)
  })
  it("a private repository: without a token, and with it", async () => {
    server.behaviour.token = "hf_secret"
    const { message, hint } = await refusal()
    expect(message).toMatch(/HTTP 401.*it does not exist or is private/)
    expect(hint).toMatch(/HF_TOKEN/)
    fs.writeFileSync(path.join(folder, "token"), "hf_secret\n")
    expect(await get()).toMatchObject({ commit: first })
    // and nobody else is told
    const told = server.requests.filter(({ authorization }) => authorization !== null)
    expect(new Set(told.map(({ host }) => host))).toEqual(new Set(["hub"]))
  })
  it("a gated repository, and a hub in trouble", async () => {
    server.behaviour.gated = true
    expect(await refusal()).toMatchObject({
      message: expect.stringMatching(/gated/) as string,
      hint: expect.stringMatching(/accept its terms at .*\/lab\/clip/) as string
    })
    server.behaviour = { status: 503 }
    expect((await refusal()).message).toMatch(/answers HTTP 503/)
  })
  it.each<[object, RegExp]>([
    [{ sha: undefined }, /: sha: expected a commit, got nothing/],
    [{ sha: "../x" }, /: sha: expected a commit, got "\.\.\/x"/],
    [{ siblings: [{ rfilename: "a" }, { rfilename: 3 }] }, /: filePaths\[1\]: expected a file's name, got 3/],
    [{ siblings: [null] }, /sent an invalid answer for lab\/clip@main/]
  ])("a hub that answers oddly: %j", async (says, message) => {
    server.behaviour.says = says
    const error = await refusal()
    expect(error.message).toMatch(message)
    expect(error.hint).toMatch(/check that HF_ENDPOINT is a Hugging Face hub/)
  })
  it("a hub that cannot be reached", async () => {
    vi.stubEnv("HF_ENDPOINT", "http://127.0.0.1:9")
    const { message, hint } = await refusal()
    expect(message).toMatch(/^http:\/\/127.0.0.1:9 cannot be reached: (?!fetch failed)/)
    expect(hint).toMatch(/HTTPS_PROXY/)
  })
})

describe("a proxy that the environment names", () => {
  it("is gone through, but for hosts of NO_PROXY", async () => {
    vi.stubEnv("HTTP_PROXY", server.endpoint)
    vi.stubEnv("HF_ENDPOINT", "http://hub.example")
    expect(await get()).toMatchObject({ commit: first })
    expect(new Set(server.proxied)).toEqual(new Set(["hub.example", "127.0.0.1"]))
    fs.rmSync(cached().folder, { recursive: true })
    vi.stubEnv("HF_ENDPOINT", server.endpoint)
    vi.stubEnv("HTTP_PROXY", "http://127.0.0.1:9")
    vi.stubEnv("NO_PROXY", "127.0.0.1")
    expect(await get()).toMatchObject({ commit: first })
  })
})

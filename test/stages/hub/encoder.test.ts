/** `hub(…)` as an encoder: read from the cache by those who compute, brought by those who plan a run. */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { gridIdentity, hub, resolveEncoderFile } from "../../../stages/vision/encoder.ts"
import { CachedRepo } from "../../../stages/hub/cache.ts"
import { openEncoder } from "../../../stages/onnx/session.ts"
import type { FetchRequest, World } from "../../../src/pipeline/world.ts"

vi.setConfig({ testTimeout: 10_000 })

const fixture = (name: string) => fs.readFileSync(new URL(`../../fixtures/onnx/${name}`, import.meta.url))
const processor = JSON.stringify({
  image_processor_type: "ViTImageProcessor",
  size: { height: 32, width: 32 }
})
const commit = "1".repeat(40)
const name = "lab/vit"
const encoder = (more = {}) => ({ ...hub(name, more), taps: null })

let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "probeline-hub-"))
  vi.stubEnv("HF_HUB_CACHE", folder)
  vi.stubEnv("HF_HUB_OFFLINE", "")
})
afterEach(() => {
  vi.unstubAllEnvs()
  fs.rmSync(folder, { recursive: true, force: true })
})

/** As a download leaves it: blobs under other names, and links to them. */
function lay(files: Record<string, string | Uint8Array>, absent: ReadonlyArray<string> = []): void {
  const repo = new CachedRepo(name)
  const write = (at: string, content: string | Uint8Array) => {
    fs.mkdirSync(path.dirname(at), { recursive: true })
    fs.writeFileSync(at, content)
  }
  for (const [i, [file, content]] of Object.entries(files).entries()) {
    const blob = path.join(repo.blobs, `blob${i}-${file.length}`)
    write(blob, content)
    const pointer = repo.snapshot(commit, file)
    fs.mkdirSync(path.dirname(pointer), { recursive: true })
    fs.symlinkSync(path.relative(path.dirname(pointer), blob), pointer)
  }
  for (const file of absent) write(repo.absence(commit, file), "")
  write(repo.ref("main"), commit)
}
const configs = ["preprocessor_config.json", "processor_config.json", "config.json"]
const besideModel = configs.map((name) => `onnx/${name}`)
const layAll = () =>
  lay(
    {
      "onnx/model.onnx": fixture("vit-fp16.onnx"),
      "onnx/model.onnx_data": "",
      "preprocessor_config.json": processor
    },
    ["onnx/vision_model.onnx", "vision_model.onnx", "config.json", ...besideModel]
  )

/** A world that reads this machine, and notes what it is asked to bring. */
const worldOf = (asked: Array<FetchRequest>, bring: () => void = () => {}) => {
  const readIfPresent = async (at: string) => (fs.existsSync(at) ? fs.readFileSync(at) : null)
  const open = async (at: string) => {
    const bytes = (await readIfPresent(at))!
    return {
      size: bytes.length,
      read: (from: number, length: number) => bytes.subarray(from, from + length),
      close: () => {}
    }
  }
  return {
    readIfPresent,
    open,
    fetch: async (wanted: FetchRequest) => {
      asked.push(wanted)
      bring()
    }
  } as unknown as World
}

describe("an encoder on a hub", () => {
  it("is resolved from the cache, with the configuration at the top of its repository", async () => {
    layAll()
    fs.rmSync(new CachedRepo(name).snapshot(commit, "onnx/model.onnx_data"))
    lay({ "onnx/vit-fp16.onnx_data": fixture("vit-fp16.onnx_data") })
    const resolved = await resolveEncoderFile(encoder())
    expect(resolved.model).toBe(new CachedRepo(name).snapshot(commit, "onnx/model.onnx"))
    expect(resolved.preprocessing.resize).toEqual({ kind: "exact", height: 32, width: 32 })
    expect(resolved.origin).toEqual({
      model: `${name}@${commit}: onnx/model.onnx`,
      preprocessing: "preprocessor_config.json"
    })
    // weights are links too, which the runtime has to follow
    const session = await openEncoder(resolved.model, { taps: ["embed"], threads: 1 })
    await session.release()
  })
  it("is asked for by who plans, in words and as it was named, and read when it has come", async () => {
    const asked: Array<FetchRequest> = []
    const world = worldOf(asked, () => {
      layAll()
      lay({ "onnx/vit-fp16.onnx_data": fixture("vit-fp16.onnx_data") })
    })
    const identity = await gridIdentity({ encoder: encoder() }, world)
    expect(asked).toEqual([
      {
        fetcher: "hub",
        request: { repo: name, revision: "main", file: null },
        what: `${name}@main: its encoder`
      }
    ])
    expect(identity).toMatchObject({
      encoder: { grid: { rows: 4, columns: 4 } },
      about: { encoder: { preprocessing: "preprocessor_config.json" } }
    })
    // where it comes from is not what stands for it
    expect(JSON.stringify(identity.encoder)).not.toContain(name)
  })
  it("is asked for where its weights alone are missing", async () => {
    layAll()
    const asked: Array<FetchRequest> = []
    await gridIdentity({ encoder: encoder() }, worldOf(asked))
    expect(asked.map(({ what }) => what)).toEqual([
      `${name}@${commit}: onnx/model.onnx (its vit-fp16.onnx_data)`
    ])
  })
  it("that is not in the cache when computing is said, with what to do", async () => {
    await expect(resolveEncoderFile(encoder())).rejects.toMatchObject({
      name: "EncoderError",
      message: `${name}@main: its encoder is not in the cache`,
      hint: expect.stringMatching(/encoders fetch/) as string
    })
  })
  it("is not asked for offline: what no run can bring is said when it is planned", async () => {
    vi.stubEnv("HF_HUB_OFFLINE", "1")
    const asked: Array<FetchRequest> = []
    await expect(gridIdentity({ encoder: encoder() }, worldOf(asked))).rejects.toMatchObject({
      _tag: "FetchFailed",
      message: expect.stringMatching(/^lab\/vit@main is not in the cache .*HF_HUB_OFFLINE/) as string
    })
    layAll()
    await expect(gridIdentity({ encoder: encoder() }, worldOf(asked))).rejects.toMatchObject({
      _tag: "FetchFailed",
      message: expect.stringMatching(/its weights .*vit-fp16\.onnx_data are not in the cache/) as string
    })
    expect(asked).toEqual([])
  })
  it("is one thing or the other", async () => {
    const both = { ...encoder(), model: { path: "m.onnx" } }
    await expect(resolveEncoderFile(both)).rejects.toThrow(/a file or on a hub/)
  })
})

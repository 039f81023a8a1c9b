/** What the operating system refuses of one image is that scene's alone; what it refuses of everything is no scene's. */
import { execFileSync } from "node:child_process"
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import sharp from "sharp"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { file } from "../../../src/index.ts"
import { checkParams } from "../../../src/pipeline/check-params.ts"
import { recordingWorld } from "../../../src/plan/world.ts"
import { type FileSystem, nodeFileSystem } from "../../../src/store/files/file-system.ts"
import { StatCache } from "../../../src/store/fresh/stat-cache.ts"
import { coco, sampleScenes } from "../../../stages/sample-scenes/stage.ts"
import { collect, computeOf, fakeContext, rejection } from "../fakes.ts"

const names = ["a", "b", "c"]
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "probeline-refused-"))
  for (const name of names)
    await sharp({ create: { width: 8, height: 8, channels: 3, background: name === "a" ? "red" : "blue" } })
      .png()
      .toFile(join(folder, `${name}.source`))
  await sharp({ create: { width: 9, height: 8, channels: 3, background: "red" } })
    .png()
    .toFile(join(folder, "large.source"))
})
beforeEach(() => {
  rmSync(join(folder, "images"), { recursive: true, force: true })
  mkdirSync(join(folder, "images"))
  for (const name of names)
    copyFileSync(join(folder, `${name}.source`), join(folder, "images", `${name}.png`))
  write(names.map((name) => `${name}.png`))
})
afterAll(() => rmSync(folder, { recursive: true }))

const write = (files: ReadonlyArray<string>) =>
  writeFileSync(
    join(folder, "instances.json"),
    JSON.stringify({
      images: files.map((file_name, i) => ({ id: i, file_name, height: 8, width: 8 })),
      categories: [],
      annotations: []
    })
  )

type Decorate = (files: FileSystem) => FileSystem
function sampled(skip_bad_images: boolean, decorate: Decorate = (files) => files) {
  const { values } = checkParams(
    sampleScenes.stage.spec.params!,
    { source: coco({ annotations: file("instances.json"), images: file("images"), skip_bad_images }) },
    (path) => join(folder, path)
  )
  const files = decorate(nodeFileSystem())
  const digests = new StatCache(files, join(folder, "stat-cache"), () => Date.now())
  const world = recordingWorld({ files, base: folder, digests })
  const context = fakeContext(sampleScenes)
  return {
    world,
    context,
    scenes: collect<{ id: string; failed?: string }>(computeOf(sampleScenes)(values, world, context))
  }
}
const calls = ["stat", "readRange", "readIfPresent"] as const
/** Fails every call of that name for the image b, or for all images. */
const failing =
  (call: (typeof calls)[number], code: string, what = "b.png"): Decorate =>
  (files) => ({
    ...files,
    [call]: (path: string, ...rest: ReadonlyArray<number>) => {
      if (path.endsWith(what))
        throw Object.assign(new Error(`${code}: refused`), { code, syscall: call, path })
      return (files[call] as (path: string, ...rest: ReadonlyArray<number>) => unknown)(path, ...rest)
    }
  })

const refusals = [
  "EACCES",
  "EPERM",
  "ELOOP",
  "EIO",
  "ESTALE",
  "ENAMETOOLONG",
  "EOVERFLOW",
  "ENXIO",
  "ENODEV",
  "EBUSY",
  "ETIMEDOUT",
  "EREMOTEIO",
  "ENOTCONN",
  "EHOSTDOWN",
  "ETXTBSY",
  "EINVAL",
  "UNKNOWN"
]

describe.each(refusals.flatMap((code) => calls.map((call) => [code, call] as const)))(
  "%s in %s",
  (code, call) => {
    it("fails its scene alone", async () => {
      const { scenes, world } = sampled(false, failing(call, code))
      const [a, b, c] = await scenes
      expect([a, c]).toMatchObject([{ id: "0" }, { id: "2" }])
      expect([a, c].some((scene) => "failed" in scene!)).toBe(false)
      expect(b).toEqual({
        id: "1",
        failed: expect.stringMatching(/images\/b\.png cannot be read: E|UNKNOWN/)
      })
      expect(world.reads().map(({ path }) => path)).toContain("images/b.png")
    })

    it("leaves its scene out on request, and says so", async () => {
      const { scenes, context } = sampled(true, failing(call, code))
      expect((await scenes).map(({ id }) => id)).toEqual(["0", "2"])
      expect(context.parts).toEqual([])
      expect(context.lines[0]).toMatch(/^left out scene 1: .*b\.png cannot be read: /)
    })
  }
)

describe.each(
  ["EMFILE", "ENFILE", "ENOMEM", "EAGAIN"].flatMap((code) => calls.map((call) => [code, call] as const))
)("a limit of the process, %s in %s", (code, call) => {
  it.each([false, true])("stops the source (skip_bad_images: %s)", async (skip) => {
    const error = await rejection(sampled(skip, failing(call, code)).scenes)
    expect(error).toMatchObject({ _tag: "SystemRefused" })
  })
})

it.each([false, true])(
  "refused of all images, it is the folder that is wrong (skip_bad_images: %s)",
  async (skip) => {
    const { scenes } = sampled(skip, failing("stat", "EACCES", ".png"))
    expect((await rejection(scenes)).message).toMatch(
      /3 problems\n {2}images\[0\]\.file_name: .*a\.png cannot be read/
    )
  }
)

it("a data set with an image of another size is refused, with all that is wrong", async () => {
  copyFileSync(join(folder, "large.source"), join(folder, "images/c.png"))
  const { message } = await rejection(sampled(false, failing("stat", "EACCES")).scenes)
  expect(message).toMatch(/2 problems/)
  expect(message).toMatch(/images\[1\]\.file_name: .*EACCES/)
  expect(message).toMatch(/images\[2\]: .* is 9×8 pixels, but the annotations say 8×8/)
})

/** Things in place of the image b that any user can make. */
const things: ReadonlyArray<readonly [string, () => void, "missing" | "refused"]> = [
  ["a link to itself", () => symlinkSync("b.png", join(folder, "images/b.png")), "refused"],
  ["a named pipe", () => void execFileSync("mkfifo", [join(folder, "images/b.png")]), "missing"],
  ["a link to a device", () => symlinkSync("/dev/zero", join(folder, "images/b.png")), "missing"],
  ["a folder", () => mkdirSync(join(folder, "images/b.png")), "missing"],
  ["a link to nothing", () => symlinkSync("gone", join(folder, "images/b.png")), "missing"],
  ["nothing", () => {}, "missing"]
]
describe.each(things)("%s in place of an image", (_, make, is) => {
  beforeEach(() => {
    rmSync(join(folder, "images/b.png"))
    make()
  })
  it("does not hang, and is left out on request", async () => {
    expect((await sampled(true).scenes).map(({ id }) => id)).toEqual(["0", "2"])
  })
  it("fails its scene alone where it is not left out", async () => {
    const scenes = await sampled(false).scenes
    expect(scenes.map(({ failed }) => failed !== undefined)).toEqual([false, true, false])
    expect(scenes[1]!.failed).toContain(is === "refused" ? "cannot be read: ELOOP" : "there is no image")
  })
})

it("a file name that is too long for the file system is its scene's", async () => {
  write(["a.png", `${"b".repeat(300)}.png`, "c.png"])
  const scenes = await sampled(false).scenes
  expect(scenes.map(({ failed }) => failed !== undefined)).toEqual([false, true, false])
  expect(scenes[1]!.failed).toContain("ENAMETOOLONG")
})

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, expect, it } from "vitest"
import { encoderFolder } from "../../../stages/encoder-folder/stage.ts"
import { collect, computeOf, fakeContext, rejection, worldOf } from "../fakes.ts"

const folder = mkdtempSync(path.join(tmpdir(), "encoders-"))
afterAll(() => rmSync(folder, { recursive: true }))
for (const key of ["vit", "clip"]) {
  mkdirSync(path.join(folder, key))
  writeFileSync(path.join(folder, key, "model.onnx"), key)
}
mkdirSync(path.join(folder, "blip"))
const paramsOf = (keys: ReadonlyArray<string>, at = folder) => ({
  folder: { path: at },
  keys,
  known: ["vit", "clip", "blip", "dino"]
})
const identify = (keys: ReadonlyArray<string>, at = folder) =>
  encoderFolder.stage.spec.identity!(paramsOf(keys, at), worldOf(folder))

it("names all missing encoders at once while it is planned, and those that are there", async () => {
  expect(await identify(["vit"])).toEqual({})
  const error = await rejection(identify(["dino", "vit", "blip"]))
  expect(error.message).toBe(`${folder} has no model.onnx of dino, blip; it has vit, clip`)
  expect(error).toMatchObject({
    hint: "put each in <key>/model.onnx, or run those that are there (vit,clip)",
    field: "folder"
  })
  const nowhere = path.join(folder, "nowhere")
  expect((await rejection(identify(["vit"], nowhere))).message).toBe(
    `${nowhere} has no model.onnx of vit; it has none that is known`
  )
})

it("lists digests, and reports which others are there and which are not", async () => {
  const context = fakeContext(encoderFolder)
  const rows = await collect<any>(computeOf(encoderFolder)(paramsOf(["vit"]), worldOf(folder), context))
  expect(rows).toEqual([{ id: "vit", sha256: expect.stringMatching(/^[0-9a-f]{64}$/), bytes: 3 }])
  expect(context.tally.lost().map(({ reason, count, examples }) => [reason, count, examples])).toEqual([
    ["not in the folder", 2, ["blip", "dino"]],
    ["in the folder, but not asked for", 1, ["clip"]]
  ])
})

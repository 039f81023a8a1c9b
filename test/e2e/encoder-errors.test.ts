/** Encoders that are none: said before anything is computed with them, by the file's name. */
import * as fs from "node:fs"
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { encoder, makeRig, type Rig, small } from "./cli.ts"
import { executed, expectNoTrace, expectRefusal, nodeOf } from "./look.ts"

let rig: Rig
const run = ["run", small, "activations", "-S", "scenes=6"]
beforeAll(async () => {
  rig = makeRig()
  const { code, stderr } = await rig.cli(...run, "-S", `encoder=${encoder}`)
  expect(code, stderr).toBe(0)
}, 60_000)
afterAll(() => rig.remove())

const model = fs.readFileSync(encoder)
const config = fs.readFileSync(path.join(path.dirname(encoder), "preprocessor_config.json"))
/** A varint, as protobuf writes it. */
const field = (number: number, content: Uint8Array) =>
  Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), content])
const text = (number: number, value: string) => field(number, Buffer.from(value))
/** ONNX by hand (onnx.proto3): one Relu from images [1, 3, 64, 64] to the like. */
function reluModel(): Uint8Array {
  const dims = [1, 3, 64, 64].map((size) => field(1, Buffer.from([0x08, size])))
  const shape = Buffer.concat([Buffer.from([0x08, 1]), field(2, Buffer.concat(dims))])
  const value = (name: string) => Buffer.concat([text(1, name), field(2, field(1, shape))])
  const node = Buffer.concat([text(1, "pixel_values"), text(2, "y"), text(4, "Relu")])
  const graph = Buffer.concat([
    field(1, node),
    text(2, "g"),
    field(11, value("pixel_values")),
    field(12, value("y"))
  ])
  return Buffer.concat([Buffer.from([0x08, 8]), field(7, graph), field(8, Buffer.from([0x10, 17]))])
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")

/** It leads back to its own beginning. */
const negative = Buffer.from("7af5ffffffffffffffff01", "hex")
it("an encoder that is not there is refused also before the scenes are made, and by all that only look", async () => {
  const set = ["-S", "encoder=gone/model.onnx", "-S", "scenes=7"]
  for (const words of [
    ["run", small, "-n"],
    ["status", small],
    ["why", small, "activations"],
    ["run", small]
  ]) {
    const refused = await rig.json(...words, ...set)
    const says = ['node "masks"', rig.at("gone/model.onnx")]
    expectRefusal(refused, { code: 2, tag: "ParameterInvalid", says })
  }
  const { document } = await rig.json("status", small, "-S", `encoder=${encoder}`, "-S", "scenes=7")
  expect(nodeOf(document, "scenes").state).toBe("stale")
})

describe("an encoder", () => {
  it.each([
    ["that is not there", null, ["there is no file"]],
    ["that is corrupt", Buffer.alloc(4096, 0xff), ["not an ONNX file"]],
    ["that is cut off", model.subarray(0, model.length >> 1), ["truncated"]],
    ["that lacks its last byte", model.subarray(0, -1), ["truncated"]],
    [
      "with a field of negative length behind it",
      Buffer.concat([model, negative]),
      ["has a negative length"]
    ],
    ["that is a field of negative length", negative, ["at byte 11 has a negative length"]],
    ["that is empty", Buffer.alloc(0), ["not an ONNX file: the file is empty"]],
    ["that is a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\n", [/not an ONNX|truncated/]],
    ["that is no vision transformer", reluModel(), ["no transformer's residual stream", "pixel_values"]]
  ])("%s is refused by name; under -k its node fails, and others go on", async (name, content, says) => {
    const file = `${name.replaceAll(" ", "-")}/model.onnx`
    if (content !== null) {
      rig.write(file, content)
      rig.write(path.join(path.dirname(file), "preprocessor_config.json"), config)
    }
    const refused = await rig.json(...run, "-S", `encoder=${file}`)
    const all = [rig.at(file), 'node "masks"', ...says]
    expectRefusal(refused, { code: 2, tag: "ParameterInvalid", says: all })
    const { code, document } = await rig.json(...run, "-S", `encoder=${file}`, "-k")
    const { nodes } = document as {
      nodes: ReadonlyArray<{ id: string; status: string; error: string; hint: string }>
    }
    expect(code).toBe(1)
    const [scenes, masks] = ["scenes", "masks"].map((id) => nodes.find((node) => node.id === id)!)
    expect(scenes!.status).not.toBe("failed")
    expect(masks).toMatchObject({ status: "failed" })
    for (const text of all)
      expect(masks!.error).toMatch(typeof text === "string" ? new RegExp(escaped(text)) : text)
    expect(masks!.hint).toMatch(/\w/)
  })
  it("without preprocessor_config.json and preset is told both ways out", async () => {
    rig.write("bare/model.onnx", model)
    const ended = await rig.json(...run, "-S", "encoder=bare/model.onnx")
    expectRefusal(ended, {
      code: 2,
      tag: "ParameterInvalid",
      says: [rig.at("bare/preprocessor_config.json"), "name a preset (vit, clip"]
    })
  })
  it("with a preset for another size is told both sizes", async () => {
    const ended = await rig.json(...run, "-S", "encoder=bare/model.onnx", "-S", "preset=clip")
    expectRefusal(ended, { code: 2, tag: "ParameterInvalid", says: ["64×64", "224×224", "preset"] })
  })
  it("with a preset goes by the preprocessor_config.json beside it all the same", async () => {
    const { code, document } = await rig.json(...run, "-S", `encoder=${encoder}`, "-S", "preset=clip")
    expect(code).toBe(0)
    expect(executed(document)).toEqual([])
  })
  it("with a preset that there is not is told the nearest", async () => {
    const ended = await rig.json(...run, "-S", "encoder=bare/model.onnx", "-S", "preset=vitt")
    expectRefusal(ended, { code: 2, tag: "ParameterInvalid", says: ['"vitt"', 'did you mean "vit"?'] })
  })
  it("without the tap asked for fails that node, and names the taps that there are", async () => {
    const ended = await rig.json(...run, "-S", `encoder=${encoder}`, "-S", "taps=blok.1.resid_post")
    expect(ended.code).toBe(1)
    const { status, error } = nodeOf(ended.document, "activations")
    expect(status).toBe("failed")
    for (const part of ["blok.1.resid_post", "block.1.resid_post"]) expect(error).toContain(part)
    expectNoTrace(ended)
  })
  it("that is whole still finds everything computed after all that", async () => {
    const { document, code } = await rig.json(...run, "-S", `encoder=${encoder}`)
    expect(code).toBe(0)
    expect(executed(document)).toEqual([])
  })
})

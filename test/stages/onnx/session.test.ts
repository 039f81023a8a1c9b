import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, describe, expect, it, test } from "vitest"
import { openEncoder } from "../../../stages/onnx/session.ts"
import { firstNonFinite } from "../../../stages/onnx/tap-values.ts"
import { embedded, graphPatch, integer, message, node, text } from "../../../stages/onnx/writer.ts"
import {
  fixture,
  fusedModel,
  graphBytes,
  modelOf,
  pixelsOf,
  quickstartModel,
  relativeDifference
} from "./fixture.ts"

const folder = mkdtempSync(path.join(tmpdir(), "probeline-onnx-"))
afterAll(() => rmSync(folder, { recursive: true }))

/** Weights [images, rows, tokens]: positive, sums of one, different in each row. */
function weightsFor(images: number, rows: number, tokens: number): Float32Array {
  const weights = Float32Array.from({ length: images * rows * tokens }, (_, i) => ((i * 37) % 101) / 101)
  for (let from = 0; from < weights.length; from += tokens) {
    const row = weights.subarray(from, from + tokens)
    const sum = row.reduce((a, b) => a + b)
    row.forEach((value, i) => (row[i] = value / sum))
  }
  return weights
}

describe("pooling in the graph", () => {
  test.each([
    ["clip.onnx", "pixels.npy", 1e-5],
    ["dinov2-registers.onnx", "pixels.npy", 1e-5],
    // the runtime leaves out some roundings to half precision, others with other outputs: 2⁻¹¹ each
    ["vit-fp16.onnx", "pixels.npy", 5e-4]
  ])("of %s equals pooling all tokens outside", async (name, input, tolerance) => {
    const { pixels, shape } = pixelsOf(input)
    const taps = ["embed", "block.0.attn_out", "block.0.resid_mid", "block.1.mlp_out", "block.1.resid_post"]
    const whole = await openEncoder(fixture(name), { taps })
    const tokens = await whole.run(pixels, shape)
    await whole.release()
    const [images, count, width] = tokens["embed"]!.shape as [number, number, number]
    const rows = 3
    const weights = weightsFor(images, rows, count)
    const pooling = await openEncoder(fixture(name), { taps, pool: true })
    const pooled = await pooling.run(pixels, shape, weights, rows)
    await pooling.release()
    for (const tap of taps) {
      const expected = Float32Array.from({ length: images * rows * width }, (_, i) => {
        const [image, channel] = [Math.floor(i / (rows * width)), i % width]
        const row = weights.subarray(Math.floor(i / width) * count, (Math.floor(i / width) + 1) * count)
        return row.reduce(
          (sum, w, t) => sum + w * tokens[tap]!.data[(image * count + t) * width + channel]!,
          0
        )
      })
      expect(pooled[tap]!.shape).toEqual([images, rows, width])
      expect(relativeDifference(pooled[tap]!.data, expected), tap).toBeLessThan(tolerance)
    }
  })

  it("gives what has no tokens for every row", async () => {
    const { pixels, shape } = pixelsOf("pixels.npy")
    const session = await openEncoder(fixture("blip.onnx"), { taps: ["pooled"], pool: true })
    const { pooled } = await session.run(pixels, shape, weightsFor(2, 2, 17), 2)
    await session.release()
    const { data, shape: size } = pooled!
    expect(size).toEqual([2, 2, 32])
    expect(data.slice(0, 32)).toEqual(data.slice(32, 64))
    expect(data.slice(64, 96)).not.toEqual(data.slice(0, 32))
  })
})

describe("an image's rows do not depend, to the last bit, on", () => {
  const { pixels: two, shape } = pixelsOf("vit-pixels.npy")
  const image = two.subarray(0, two.length / 2)
  const other = two.subarray(two.length / 2)
  const taps = ["embed", "block.2.resid_post", "block.5.resid_post", "final.norm"]
  const size = shape.slice(1) as [number, number, number]
  const weights = weightsFor(1, 2, 65)

  test("its batch, nor on further rows", async () => {
    const session = await openEncoder(quickstartModel, { taps, pool: true })
    const alone = await session.run(image, [1, ...size], weights, 2)
    const batch = Float32Array.from([...other, ...other, ...image, ...other])
    const all = new Float32Array(4 * 2 * 65)
    all.set(weights, 2 * weights.length)
    const among = await session.run(batch, [4, ...size], all, 2)
    const more = new Float32Array(5 * 65)
    more.set(weights)
    const withRows = await session.run(image, [1, ...size], more, 5)
    await session.release()
    for (const tap of taps) {
      expect(among[tap]!.data.slice(2 * 2 * 96, 3 * 2 * 96), tap).toEqual(alone[tap]!.data)
      expect(withRows[tap]!.data.slice(0, 2 * 96), tap).toEqual(alone[tap]!.data)
    }
  })
})

test.each([
  ["the quickstart's", quickstartModel, "vit-pixels.npy", 65, 5],
  ["CLIP of opset 14", fixture("clip-opset14.onnx"), "pixels.npy", 17, 1],
  ["ViT in half precision", fixture("vit-fp16.onnx"), "pixels.npy", 17, 1]
])(
  "a tap's values do not depend, to the last bit, on which others are chosen: %s",
  async (_, file, input, tokens, last) => {
    const { pixels, shape } = pixelsOf(input)
    const values = async (taps: ReadonlyArray<string>) => {
      const session = await openEncoder(file, { taps, pool: true })
      const outputs = await session.run(pixels, shape, weightsFor(2, 2, tokens), 2)
      await session.release()
      return outputs
    }
    const within = ["block.0.attn_out", "block.0.resid_mid", `block.${last}.mlp_out`]
    const taps = ["embed", ...within, `block.${last}.resid_post`, "pooled"]
    const together = await values(taps)
    for (const tap of taps) expect((await values([tap]))[tap]).toEqual(together[tap])
  }
)

test("a sum that a fused node keeps to itself is added for its tap", async () => {
  const file = path.join(folder, "fused.onnx")
  writeFileSync(file, fusedModel())
  const { pixels, shape } = pixelsOf("pixels.npy")
  const session = await openEncoder(file, {
    taps: ["embed", "block.0.resid_post", "final.norm", "tensor:attention"]
  })
  const outputs = await session.run(pixels, shape)
  await session.release()
  const [x, branch] = [outputs["embed"]!, outputs["tensor:attention"]!]
  expect(x.shape).toEqual([2, 16, 4])
  expect(outputs["block.0.resid_post"]!.data).toEqual(x.data.map((value, i) => value + branch.data[i]!))
  expect(outputs["final.norm"]!.data).not.toEqual(outputs["block.0.resid_post"]!.data)
})

test("a model of a fixed batch size runs as often as it takes", async () => {
  const { pixels, shape } = pixelsOf("pixels.npy")
  const size = shape.slice(1) as [number, number, number]
  const session = await openEncoder(fixture("flava.onnx"), { taps: ["block.1.resid_post"], pool: true })
  const weights = weightsFor(2, 2, 17)
  const both = (await session.run(pixels, shape, weights, 2))["block.1.resid_post"]!
  const half = pixels.length / 2
  const three = await session.run(
    Float32Array.from([...pixels, ...pixels.slice(0, half)]),
    [3, ...size],
    Float32Array.from([...weights, ...weights.slice(0, 2 * 17)]),
    2
  )
  await session.release()
  const { data, shape: made } = three["block.1.resid_post"]!
  expect(made).toEqual([3, 2, 32])
  expect(data.slice(0, both.data.length)).toEqual(both.data)
  expect(data.slice(both.data.length)).toEqual(both.data.slice(0, both.data.length / 2))
})

describe("an encoder whose input is", () => {
  /** vit-fp16.onnx with another type of its input, at the same place */
  const withInput = (elementType: number): string => {
    const bytes = readFileSync(fixture("vit-fp16.onnx"))
    // ValueInfoProto: name (1), type (2) › tensor_type (1) › elem_type (1), of which lengths are skipped
    const at = bytes.lastIndexOf(message(text(1, "pixel_values"), Uint8Array.of(18)))
    const type = at + 2 + "pixel_values".length + 2 + 2
    expect([...bytes.subarray(type, type + 2)]).toEqual([8, 1])
    bytes[type + 1] = elementType
    const home = path.join(folder, `of-${elementType}`)
    mkdirSync(home)
    const file = path.join(home, `input-${elementType}.onnx`)
    writeFileSync(file, bytes)
    copyFileSync(fixture("vit-fp16.onnx_data"), path.join(home, "vit-fp16.onnx_data"))
    return file
  }
  const taps = ["embed", "block.1.resid_post", "pooled"]

  test("float16 takes the same pixels, and gives the same taps as float32", async () => {
    const file = withInput(10)
    expect(modelOf(file).graph.inputs[0]!.elementType).toBe("float16")
    const { pixels, shape } = pixelsOf("pixels.npy")
    const values = async (model: string) => {
      const session = await openEncoder(model, { taps, pool: true })
      const outputs = await session.run(pixels, shape, weightsFor(2, 2, 17), 2)
      await session.release()
      return outputs
    }
    const outputs = await values(file)
    for (const tap of taps) expect(outputs[tap]!.data).toBeInstanceOf(Float32Array)
    // eight bits over 128 are exact in float16
    expect(outputs).toEqual(await values(fixture("vit-fp16.onnx")))
  })

  test("float64 is refused by its name", async () => {
    await expect(openEncoder(withInput(11), { taps })).rejects.toThrow(
      /input-11\.onnx: .*(?:takes float64: export it with float32 or float16 inputs|onnxruntime cannot load it)/
    )
  })
})

describe("external weights are found", () => {
  const run = async (file: string) => {
    const { pixels, shape } = pixelsOf("pixels.npy")
    const session = await openEncoder(file, { taps: ["block.1.resid_post"] })
    const outputs = await session.run(pixels, shape)
    await session.release()
    return outputs["block.1.resid_post"]!.data
  }

  test("beside the model, and behind symbolic links as in Hugging Face's cache", async () => {
    const expected = await run(fixture("vit-fp16.onnx"))
    const [blobs, snapshot] = [path.join(folder, "blobs"), path.join(folder, "snapshot")]
    mkdirSync(blobs)
    mkdirSync(snapshot)
    for (const name of ["vit-fp16.onnx", "vit-fp16.onnx_data"]) {
      copyFileSync(fixture(name), path.join(blobs, `hash-${name}`))
      symlinkSync(path.join("..", "blobs", `hash-${name}`), path.join(snapshot, name))
    }
    expect(await run(path.join(snapshot, "vit-fp16.onnx"))).toEqual(expected)
  })

  test("behind links also where they are more than Node reads at once: they are the runtime's to read", async () => {
    const [blobs, snapshot] = [path.join(folder, "large", "blobs"), path.join(folder, "large", "onnx")]
    mkdirSync(blobs, { recursive: true })
    mkdirSync(snapshot)
    copyFileSync(fixture("vit-fp16.onnx"), path.join(blobs, "m"))
    copyFileSync(fixture("vit-fp16.onnx_data"), path.join(blobs, "d"))
    // sparse: the disk holds no more of it than before
    truncateSync(path.join(blobs, "d"), 2 ** 31 + 2 ** 27)
    symlinkSync(path.join("..", "blobs", "m"), path.join(snapshot, "vit-fp16.onnx"))
    symlinkSync(path.join("..", "blobs", "d"), path.join(snapshot, "vit-fp16.onnx_data"))
    expect(await run(path.join(snapshot, "vit-fp16.onnx"))).toEqual(await run(fixture("vit-fp16.onnx")))
  })

  test("in another folder than the model's own file, where one of them is a link", async () => {
    const [models, data] = [path.join(folder, "models"), path.join(folder, "far", "data")]
    mkdirSync(models)
    mkdirSync(data, { recursive: true })
    copyFileSync(fixture("vit-fp16.onnx"), path.join(models, "vit-fp16.onnx"))
    copyFileSync(fixture("vit-fp16.onnx_data"), path.join(data, "weights"))
    symlinkSync(path.join(data, "weights"), path.join(models, "vit-fp16.onnx_data"))
    expect(await run(path.join(models, "vit-fp16.onnx"))).toEqual(await run(fixture("vit-fp16.onnx")))
    rmSync(path.join(data, "weights"))
    await expect(run(path.join(models, "vit-fp16.onnx"))).rejects.toThrow(
      /models\/vit-fp16\.onnx: its weights file .*vit-fp16\.onnx_data is a dangling symlink/
    )
  })

  test("as those inside of a model that is a symbolic link are", async () => {
    const link = path.join(folder, "link.onnx")
    symlinkSync(fixture("clip-opset14.onnx"), link)
    expect(await run(link)).toEqual(await run(fixture("clip-opset14.onnx")))
  })

  test("or missed by name", async () => {
    const alone = path.join(folder, "alone.onnx")
    copyFileSync(fixture("vit-fp16.onnx"), alone)
    await expect(run(alone)).rejects.toThrow(/alone\.onnx: its weights file .*vit-fp16\.onnx_data is missing/)
  })
})

describe("errors say what is wrong with", () => {
  const saved = (name: string, bytes: Uint8Array): string => {
    writeFileSync(path.join(folder, name), bytes)
    return path.join(folder, name)
  }
  const whole = new Uint8Array(readFileSync(fixture("dinov2.onnx")))
  const taps = ["embed"]

  test("a file that is missing, cut off, or nonsense", async () => {
    await expect(openEncoder(path.join(folder, "no.onnx"), { taps })).rejects.toThrow(
      /the encoder .*no\.onnx cannot be read: ENOENT/
    )
    const cut = saved("cut.onnx", whole.subarray(0, whole.length >> 1))
    await expect(openEncoder(cut, { taps })).rejects.toThrow(/cut\.onnx: the file is truncated/)
    const words = saved("text.onnx", Buffer.from("not a model"))
    await expect(openEncoder(words, { taps })).rejects.toThrow(/text\.onnx: .*not/)
  })

  test("a folder, or a file of another kind", async () => {
    await expect(openEncoder(folder, { taps })).rejects.toThrow(/the encoder .* cannot be read: EISDIR/)
    const pointer = saved(
      "pointer.onnx",
      Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a")
    )
    await expect(openEncoder(pointer, { taps })).rejects.toThrow(/pointer\.onnx: .*git lfs pull/)
  })

  test("weights outside that are cut off, or climb out of the folder", async () => {
    const home = path.join(folder, "short")
    mkdirSync(home)
    copyFileSync(fixture("vit-fp16.onnx"), path.join(home, "vit-fp16.onnx"))
    const data = readFileSync(fixture("vit-fp16.onnx_data"))
    writeFileSync(path.join(home, "vit-fp16.onnx_data"), data.subarray(0, data.length >> 1))
    const last = ["block.1.resid_post"]
    await expect(openEncoder(path.join(home, "vit-fp16.onnx"), { taps: last })).rejects.toThrow(
      /vit-fp16\.onnx: onnxruntime cannot load it/
    )
    const entry = embedded(13, message(text(1, "location"), text(2, "../secret")))
    const outside = embedded(7, embedded(5, message(integer(1, 4), text(8, "w"), entry, integer(14, 1))))
    await expect(openEncoder(saved("climbing.onnx", message(whole, outside)), { taps })).rejects.toThrow(
      /climbing\.onnx: the external weights of w are at "\.\.\/secret", outside the model's folder/
    )
  })

  test("an operator that the runtime lacks, where a tap depends on it", async () => {
    const unknown = graphPatch({
      nodes: [node("NoSuchOperator", ["pixel_values"], "z")],
      inputs: [],
      outputs: []
    })
    const file = saved("unknown.onnx", message(whole, unknown))
    await expect(openEncoder(file, { taps: ["embed", "tensor:z"] })).rejects.toThrow(
      /unknown\.onnx: onnxruntime has no implementation of one of its operators.*NoSuchOperator/
    )
    const others = await openEncoder(file, { taps })
    await others.release()
  })

  test("a model that needs more than images", async () => {
    const graph = graphBytes([["Relu", "image", "x"]], "x")
    const ids = graphPatch({
      nodes: [],
      inputs: [Uint8Array.from([10, 3, 105, 100, 115, 18, 4, 10, 2, 8, 7])],
      outputs: []
    })
    await expect(openEncoder(saved("two.onnx", message(graph, ids)), { taps: ["tensor:x"] })).rejects.toThrow(
      "it also needs ids: export the vision encoder alone"
    )
  })

  test("images and weights of wrong sizes", async () => {
    const { pixels } = pixelsOf("pixels.npy")
    const session = await openEncoder(fixture("clip.onnx"), { taps, pool: true })
    const run = (shape: [number, number, number, number], weights?: Float32Array, rows?: number) =>
      session.run(pixels, shape, weights, rows)
    await expect(run([2, 3, 16, 64])).rejects.toThrow(
      "images [2, 3, 16, 64] do not fit its input pixel_values"
    )
    await expect(run([2, 32, 32, 3])).rejects.toThrow("put channels before height and width")
    await expect(run([3, 3, 32, 32])).rejects.toThrow("need 9216 values, at least one, but have 6144")
    await expect(run([2, 3, 32, 32])).rejects.toThrow("pooling needs weights [2, rows, tokens]")
    await expect(run([2, 3, 32, 32], new Float32Array(7), 2)).rejects.toThrow("but got 7 values and 2 rows")
    // 16 weights a row, but 17 tokens
    await expect(run([2, 3, 32, 32], new Float32Array(2 * 2 * 16), 2)).rejects.toThrow(
      /clip\.onnx: onnxruntime failed on images \[2, 3, 32, 32\]/
    )
    await session.release()
  })
})

test("values that are not finite come out as they are, and are found", async () => {
  const file = path.join(folder, "nan.onnx")
  const roots = graphBytes(
    [
      ["Sqrt", "image", "x"],
      ["Relu", "x", "y"]
    ],
    "y"
  )
  writeFileSync(file, roots)
  const session = await openEncoder(file, { taps: ["tensor:x"] })
  const pixels = new Float32Array(2 * 3 * 32 * 32).fill(4)
  pixels[pixels.length - 1] = -4
  const outputs = await session.run(pixels, [2, 3, 32, 32])
  await session.release()
  expect(firstNonFinite(outputs)).toEqual({ tap: "tensor:x", image: 1, value: Number.NaN })
})

test("the first value that is not finite is told", () => {
  const data = new Float32Array(2 * 3 * 4)
  expect(firstNonFinite({ embed: { data, shape: [2, 3, 4] } })).toBeNull()
  data[13] = Number.NaN
  expect(firstNonFinite({ embed: { data, shape: [2, 3, 4] } })).toEqual({
    tap: "embed",
    image: 1,
    value: Number.NaN
  })
})

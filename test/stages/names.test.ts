/** Names of `Object.prototype` in the files that stages read: each is a name like any other. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import sharp from "sharp"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { file } from "../../src/index.ts"
import { checkParams } from "../../src/pipeline/check-params.ts"
import { aggregate } from "../../stages/aggregate/stage.ts"
import { chooseExamples } from "../../stages/choose-examples/stage.ts"
import { findSupport } from "../../stages/find-support/stage.ts"
import { askedOf, Questions } from "../../stages/fit-probes/questions.ts"
import { importActivations } from "../../stages/import-activations/stage.ts"
import { scoreProbes } from "../../stages/score-probes/stage.ts"
import { coco, sampleScenes } from "../../stages/sample-scenes/stage.ts"
import { encodeNpy, openNpy } from "../../stages/tensor-files/npy.ts"
import { TensorFileError } from "../../stages/tensor-files/tensor-file-error.ts"
import { openSafetensors } from "../../stages/tensor-files/safetensors.ts"
import { hub, onnx } from "../../stages/vision/encoder-param.ts"
import { describeEncoder, describeGiven } from "../../stages/onnx/describe.ts"
import { openEncoder } from "../../stages/onnx/session.ts"
import { presetOf } from "../../stages/vision/presets.ts"
import { tableOfFits } from "./fit-probes/fits.ts"
import { collect, computeOf, fakeContext, tableOf, worldOf } from "./fakes.ts"
import { fixture, modelOf, pixelsOf } from "./onnx/fixture.ts"

const names = Object.getOwnPropertyNames(Object.prototype)
const record = <A>(of: (name: string, i: number) => A): Record<string, A> =>
  Object.fromEntries(names.map((name, i) => [name, of(name, i)]))

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "probeline-names-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe("import-activations", () => {
  it.each(["rows of arrays", "items"])(
    "keeps taps, ids, tokens and files of these names: %s",
    async (form) => {
      const at = mkdtempSync(join(folder, "import-"))
      const vectors = (tap: number) => Float32Array.from(names, (_, id) => 100 * tap + id)
      names.forEach((name, tap) =>
        writeFileSync(join(at, `${name}.npy`), encodeNpy([names.length, 1], vectors(tap)))
      )
      const token = (name: string) => ({ source: name, object: -1, token: name })
      const manifest =
        form === "items"
          ? {
              items: names.map((id, row) => ({
                id,
                ...token(id),
                taps: record((name) => ({ file: `${name}.npy`, row }))
              }))
            }
          : { ids: names.map((id) => ({ id, ...token(id) })), taps: record((name) => `${name}.npy`) }
      writeFileSync(join(at, "manifest.json"), JSON.stringify({ format: 1, ...manifest }))
      const items = (await collect(
        computeOf(importActivations)(
          { manifest: { path: join(at, "manifest.json") } },
          worldOf(at),
          fakeContext(importActivations)
        )
      )) as ReadonlyArray<{ id: string; rows: ReadonlyArray<{ token: string; activation: object }> }>
      expect(items.map(({ id, rows }) => [id, rows.map((row) => row.token)])).toEqual(
        names.map((name) => [name, [name]])
      )
      for (const [id, { rows }] of items.entries())
        expect(Object.entries(rows[0]!.activation).map(([tap, [value]]) => [tap, value])).toEqual(
          names.map((tap, t) => [tap, 100 * t + id])
        )
    }
  )
})

describe("COCO files", () => {
  it("keep categories, ids, captions and file names of these names, through to examples", async () => {
    mkdirSync(join(folder, "images"))
    const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
      .png()
      .toBuffer()
    names.forEach((name) => writeFileSync(join(folder, "images", name), png))
    const annotations = {
      images: names.map((name) => ({ id: name, file_name: name, height: 8, width: 8 })),
      categories: names.map((name) => ({ id: name, name })),
      annotations: names.map((name, i) => ({
        id: i,
        image_id: name,
        category_id: name,
        segmentation: [[1, 1, 5, 1, 5, 5, 1, 5]],
        area: 16,
        iscrowd: 0
      }))
    }
    const captions = { annotations: names.map((name, i) => ({ id: i, image_id: name, caption: name })) }
    writeFileSync(join(folder, "instances.json"), JSON.stringify(annotations))
    writeFileSync(join(folder, "captions.json"), JSON.stringify(captions))
    const source = coco({
      images: file(join(folder, "images")),
      annotations: file(join(folder, "instances.json")),
      captions: file(join(folder, "captions.json"))
    })
    const { values, issues } = checkParams(sampleScenes.stage.spec.params!, { source }, (path) => path)
    expect(issues).toEqual([])
    const scenes = (await collect(
      computeOf(sampleScenes)(values, worldOf(folder), fakeContext(sampleScenes))
    )) as ReadonlyArray<{ id: string; objects: ReadonlyArray<{ category: string }>; captions: Array<string> }>
    expect(scenes.map(({ id, objects, captions }) => [id, objects.map((o) => o.category), captions])).toEqual(
      names.map((name) => [name, [name], [name]])
    )

    const rows = scenes.map((scene) => ({ ...scene, item: scene.id }))
    const tokens = tableOf(
      names.map((item) => ({ item, selection: null, task: null, source: "object", object: 0 }))
    )
    const support = await collect(
      computeOf(findSupport)(
        { scenes: tableOf(rows), tokens: names.map(() => tokens), activations: names.map(() => tokens) },
        { encoders: names, of: "objects" },
        fakeContext(findSupport)
      )
    )
    const examples = (await computeOf(chooseExamples)(
      { scenes: tableOf(rows), support: tableOf(support as ReadonlyArray<object>) },
      {
        question: "category",
        categories: [],
        examples: "common",
        minimum: 1,
        classes: 20,
        cap: 100,
        seed: 0
      },
      fakeContext(chooseExamples)
    )) as ReadonlyArray<{ label: string; left_out: string | null }>
    expect(new Set(examples.map(({ label }) => label))).toEqual(new Set(names))
    expect(examples.every(({ left_out }) => left_out === null)).toBe(true)

    const activationNames = {
      scene: names,
      selection: names.map(() => null),
      task: names.map(() => null),
      source: names.map(() => "constructor"),
      object: names.map(() => 0),
      token: names.map(() => "__proto__"),
      encoder_digest: names.map(() => null),
      blocks: names.map(() => null)
    }
    const questions = new Questions(askedOf(examples as never), activationNames, "constructor")
    const question = questions.of({
      selection: "aligned",
      token: "__proto__",
      source: "constructor",
      task: null,
      target: "category"
    })
    expect(new Set(question.classes)).toEqual(new Set(names))
  })
})

it("aggregate keeps encoders, taps, tokens, targets and labels of these names apart", async () => {
  const predictions = names.flatMap((encoder) =>
    ["__proto__", "constructor"].flatMap((label, object) =>
      [0, 1].map((fold) => ({
        encoder,
        encoder_digest: null,
        blocks: null,
        probe: "logistic",
        selection: "aligned",
        tap: encoder,
        token: encoder,
        source: encoder,
        task: encoder,
        target: encoder,
        seed: 0,
        fold,
        scene: `${object}/${fold}`,
        image: `${object}/${fold}`,
        object,
        cell: label,
        label,
        predicted: label,
        log_probability: NaN,
        one_sided: false
      }))
    )
  )
  const scores = await computeOf(scoreProbes)(
    tableOfFits(predictions).map((fits, i) => ({ id: String(i), fits })),
    { params: {} },
    fakeContext(scoreProbes)
  )
  const rows = (await computeOf(aggregate)(
    { scores: [tableOf(scores)] },
    {},
    fakeContext(aggregate)
  )) as ReadonlyArray<{ encoder: string; balanced_accuracy: number }>
  expect(rows.map(({ encoder, balanced_accuracy }) => [encoder, balanced_accuracy])).toEqual(
    names.map((name) => [name, 1])
  )
})

describe("encoders", () => {
  const model = modelOf(fixture("clip.onnx"))
  const { taps } = describeEncoder(model)
  const { pixels, shape } = pixelsOf("pixels.npy")

  it.each([false, true])("give taps of these names (pooled: %s)", async (pool) => {
    const given = onnx("clip.onnx", { taps: record((_, i) => taps[i % taps.length]!.tensor) })
    const known = describeGiven(model, { taps: given.taps, patch: null, prefix: null }).taps
    expect(known.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
    const outputs = async (wanted: ReadonlyArray<string>, of: typeof taps) => {
      const session = await openEncoder(fixture("clip.onnx"), { taps: wanted, known: of, pool })
      const weights = new Float32Array(shape[0] * 2 * 17).fill(1 / 17)
      const values = await session.run(pixels, shape, weights, 2)
      await session.release()
      return new Map(Object.entries(values))
    }
    const usual = await outputs(
      taps.map(({ name }) => name),
      taps
    )
    const found = await outputs(names, known)
    expect([...found.keys()]).toEqual(names)
    for (const [i, name] of names.entries())
      expect(found.get(name), name).toEqual(usual.get(taps[i % taps.length]!.name))
  })

  it.each(names)("%s is no preset, and may be a repository's", (name) => {
    expect(() => presetOf(name)).toThrow(`no preset is called "${name}"`)
    expect(hub(`org/${name}`, { revision: name, file: `${name}.onnx` }).hub).toEqual({
      repo: `org/${name}`,
      revision: name,
      file: `${name}.onnx`
    })
  })
})

describe("tensor files", () => {
  const bytesOf = (content: Uint8Array) => ({
    size: content.length,
    read: (position: number, length: number) => content.subarray(position, position + length)
  })
  it("safetensors has tensors of these names, and no type of them", () => {
    const header = JSON.stringify(
      record((name, i) => ({
        dtype: i === 0 ? name : "F32",
        shape: [1],
        data_offsets: [4 * i, 4 * i + 4]
      }))
    )
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(header.length))
    const values = new Uint8Array(Float32Array.from(names.keys()).buffer)
    const tensors = openSafetensors(bytesOf(Buffer.concat([length, Buffer.from(header), values])))
    expect([...tensors.keys()]).toEqual(names.slice(1))
  })
  it.each(names)("npy has no type %s", (name) => {
    const npy = Buffer.from(encodeNpy([1], Float32Array.of(1)))
    const text = npy.toString("latin1").replace("'<f4'", `'${name}'`)
    expect(() => openNpy(bytesOf(Buffer.from(text, "latin1")))).toThrow(TensorFileError)
  })
})

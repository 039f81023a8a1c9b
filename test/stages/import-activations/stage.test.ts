/** Activations from elsewhere. Fixture: test/fixtures/import/activations, by numpy and safetensors. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, describe, expect, it } from "vitest"
import { type FileHandle, fromFloat16 } from "../../../src/index.ts"
import { pathOf } from "../../../src/store/files/outside-file.ts"
import { importActivations } from "../../../stages/import-activations/stage.ts"
import { encodeNpy } from "../../../stages/tensor-files/npy.ts"
import { collect, computeOf, fakeContext, rejection, worldOf } from "../fakes.ts"

const fixture = fileURLToPath(new URL("../../fixtures/import/activations", import.meta.url))
const root = mkdtempSync(join(tmpdir(), "probeline-import-"))
afterAll(() => rmSync(root, { recursive: true }))

interface Item {
  readonly id: string
  readonly rows: ReadonlyArray<{
    readonly selection: string | null
    readonly task: string | null
    readonly encoder_digest: string | null
    readonly blocks: number | null
    readonly source: string
    readonly object: number
    readonly token: string
    readonly image: FileHandle | null
    readonly activation: Readonly<Record<string, Float32Array | Uint16Array>>
  }>
}
function start(folder: string) {
  const world = worldOf(folder)
  const items = computeOf(importActivations)(
    { manifest: { path: join(folder, "manifest.json") } },
    world,
    fakeContext(importActivations)
  ) as AsyncIterable<Item>
  return { items: collect(items), world }
}
const run = (folder: string) => start(folder).items

let folders = 0
type Files = Readonly<Record<string, string | Uint8Array>>
/** A folder with a manifest and files beside it. */
function folderOf(manifest: unknown, files: Files = {}): string {
  const folder = mkdtempSync(join(root, `${folders++}-`))
  writeFileSync(
    join(folder, "manifest.json"),
    typeof manifest === "string" ? manifest : JSON.stringify(manifest)
  )
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}
/** 0, 1, 2 … */
const counting = (...shape: ReadonlyArray<number>) =>
  encodeNpy(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i)
  )
/** source/object/token: the first tap's values */
const flat = (items: ReadonlyArray<Item>) =>
  items.map(({ id, rows }) => [
    id,
    ...rows.map(
      ({ source, object, token, activation }) =>
        `${source}/${object}/${token}: ${[...Object.values(activation)[0]!].join(" ")}`
    )
  ])

describe("arrays, a row an id", () => {
  it("of numpy and safetensors, with a CSV of their rows, are items of rows", async () => {
    const items = await run(fixture)
    expect(items).toHaveLength(32)
    expect(items.map(({ id }) => id).slice(0, 3)).toEqual(["1", "2", "3"])
    expect(items[0]!.rows.map(({ source, object, token, image }) => [source, object, token, image])).toEqual([
      ["object", 0, "avg_obj", null],
      ["object", 1, "avg_obj", null]
    ])
    const { activation } = items[1]!.rows[0]!
    expect(Object.keys(activation)).toEqual(["embed", "block.0.resid_post", "final.norm"])
    const embed = readFileSync(join(fixture, "embed.npy"))
    const third = Array.from({ length: 8 }, (_, i) => embed.readFloatLE(embed.length - (64 - 2) * 32 + 4 * i))
    expect([...activation["embed"]!]).toEqual(third)
    expect(activation["final.norm"]).toHaveLength(5)
  })
  it("of float16 stay float16", async () => {
    const [first] = await run(fixture)
    const half = first!.rows[0]!.activation["block.0.resid_post"]!
    expect(half).toBeInstanceOf(Uint16Array)
    expect(Math.abs(fromFloat16(half as Uint16Array)[0]!)).toBeLessThan(20)
  })
  it("may be of one token, named for all", async () => {
    const folder = folderOf(
      { format: 1, ids: ["b", "a"], tokens: ["cls"], taps: { pooled: "x.npy" } },
      { "x.npy": counting(2, 3) }
    )
    expect(flat(await run(folder))).toEqual([
      ["b", "image/-1/cls: 0 1 2"],
      ["a", "image/-1/cls: 3 4 5"]
    ])
  })
  it("may have a dimension of tokens", async () => {
    const tokens = [
      "cls",
      { source: "primary", token: "avg_obj" },
      { source: "object", object: 0, token: "avg_obj" }
    ]
    const folder = folderOf(
      { format: 1, ids: "ids.json", tokens, taps: { embed: "x.npy" } },
      { "x.npy": counting(2, 3, 2), "ids.json": "[139, 285]" }
    )
    expect(flat(await run(folder))).toEqual([
      ["139", "image/-1/cls: 0 1", "primary/-1/avg_obj: 2 3", "object/0/avg_obj: 4 5"],
      ["285", "image/-1/cls: 6 7", "primary/-1/avg_obj: 8 9", "object/0/avg_obj: 10 11"]
    ])
  })
  it("may have rows of an id that are not side by side", async () => {
    const ids = '\uFEFFid,token\r\na,cls\r\nb,cls\r\na,"mean, ""all"""\r\n'
    const folder = folderOf(
      { format: 1, ids: "ids.csv", taps: { embed: "x.npy" } },
      { "x.npy": counting(3, 1), "ids.csv": ids }
    )
    expect(flat(await run(folder))).toEqual([
      ["a", "image/-1/cls: 0", 'image/-1/mean, "all": 2'],
      ["b", "image/-1/cls: 1"]
    ])
  })
})

describe("the labels of a vector", () => {
  const named = (items: ReadonlyArray<Item>) =>
    items.flatMap(({ id, rows }) =>
      rows.map(({ selection, task, source, token }) => [id, selection, task, source, token])
    )
  const taps = { embed: "x.npy" }
  it("are null for task and selection if none are given; encoder and depth are never known", async () => {
    const [{ rows }] = (await run(fixture)) as [Item]
    expect(rows[0]).toMatchObject({ selection: null, task: null, encoder_digest: null, blocks: null })
  })
  it("may name task and selection in `tokens`", async () => {
    const tokens = [
      "cls",
      { task: 0, selection: "centre", source: "primary", token: "avg_obj" },
      { task: "1", selection: "centre", source: "primary", token: "avg_obj" },
      { task: "1", selection: null, source: "primary", token: "avg_obj" }
    ]
    const folder = folderOf({ format: 1, ids: ["a"], tokens, taps }, { "x.npy": counting(1, 4, 2) })
    expect(named(await run(folder))).toEqual([
      ["a", null, null, "image", "cls"],
      ["a", "centre", "0", "primary", "avg_obj"],
      ["a", "centre", "1", "primary", "avg_obj"],
      ["a", null, "1", "primary", "avg_obj"]
    ])
  })
  it("may name them in a CSV, where an empty cell means no value", async () => {
    const ids = "id,token,source,task,selection\na,avg_obj,primary,0,aligned\na,cls,,,\n"
    const folder = folderOf({ format: 1, ids: "i.csv", taps }, { "x.npy": counting(2, 2), "i.csv": ids })
    expect(named(await run(folder))).toEqual([
      ["a", "aligned", "0", "primary", "avg_obj"],
      ["a", null, null, "image", "cls"]
    ])
  })
  it("may name them in an item", async () => {
    const items = [{ id: "a", task: "0", selection: "as-published", token: "avg_obj", taps }]
    const folder = folderOf({ format: 1, items }, { "x.npy": counting(2) })
    expect(named(await run(folder))).toEqual([["a", "as-published", "0", "image", "avg_obj"]])
  })
})

describe("items, a file and row a vector", () => {
  it("may lie in many files, with the image that they are of", async () => {
    const items = [
      { id: 7, image: "7.png", token: "cls", taps: { embed: { file: "7.npy", row: 1 } } },
      { id: 7, source: "object", object: 2, token: "avg_obj", taps: { embed: { file: "7.npy", row: 0 } } },
      { id: "x", token: "cls", taps: { embed: "x.npy" } }
    ]
    const files = { "7.npy": counting(2, 2), "x.npy": counting(2), "7.png": "a picture" }
    const { items: given, world } = start(folderOf({ format: 1, items }, files))
    const found = await given
    expect(flat(found)).toEqual([
      ["7", "image/-1/cls: 2 3", "object/2/avg_obj: 0 1"],
      ["x", "image/-1/cls: 0 1"]
    ])
    expect(found[0]!.rows.map(({ image }) => image && basename(pathOf(image)!))).toEqual(["7.png", null])
    expect(
      world
        .reads()
        .map(({ path }) => path)
        .sort()
    ).toEqual(["7.npy", "7.png", "manifest.json", "x.npy"])
  })
  it("may be more files than are kept open", async () => {
    const names = Array.from({ length: 150 }, (_, i) => `${i}.npy`)
    const items = [...names, ...names].map((file, i) => ({ id: i, token: "cls", taps: { embed: file } }))
    const files = Object.fromEntries(names.map((name, i) => [name, encodeNpy([1], Float32Array.of(i))]))
    const found = await run(folderOf({ format: 1, items }, files))
    expect(found.map(({ rows }) => rows[0]!.activation["embed"]![0])).toEqual(items.map((_, i) => i % 150))
  })
})

describe("what it reads is recorded", () => {
  it("by its digest: the manifest, the ids and every array", async () => {
    const { items, world } = start(fixture)
    await items
    expect(
      world
        .reads()
        .map(({ path }) => path)
        .sort()
    ).toEqual(["blocks.safetensors", "embed.npy", "ids.csv", "manifest.json"])
    expect(world.reads().every((read) => "sha256" in read && read.sha256 !== null)).toBe(true)
  })
})

describe("what is not as it should be is refused, with file, field and what to do", () => {
  const arrays = { format: 1, ids: ["a", "b"], tokens: ["cls"], taps: { embed: "x.npy" } }
  const files = { "x.npy": counting(2, 3) }
  const item = { id: "a", token: "cls", taps: { embed: "x.npy" } }
  it.each<[string, unknown, Files, RegExp]>([
    ["no JSON", "{", {}, /manifest\.json: not JSON/],
    ["another format", { ...arrays, format: 2 }, files, /manifest\.json: format: expected 1, got 2/],
    [
      "a misspelt field",
      { ...arrays, tap: {} },
      files,
      /manifest\.json: tap: unknown field; the known ones are format, note/
    ],
    [
      "no ids",
      { ...arrays, ids: undefined },
      files,
      /manifest\.json: ids: expected a list, or the name of .*, got nothing/
    ],
    [
      "no taps",
      { ...arrays, taps: {} },
      files,
      /manifest\.json: taps: expected an object that names a file for each tap, got \{\}/
    ],
    ["no items", { format: 1, items: [] }, {}, /it names no items/],
    [
      "an item without an id",
      { format: 1, items: [{ ...item, id: "" }] },
      files,
      /items\[0\]\.id: expected text or a whole number, got ""/
    ],
    [
      "an item without a token",
      { format: 1, items: [{ id: "a", taps: { embed: "x.npy" } }] },
      {},
      /items\[0\]\.token: expected text, got nothing/
    ],
    [
      "an object that is no index",
      { format: 1, items: [{ ...item, object: 1.5 }] },
      files,
      /items\[0\]\.object: expected a whole number ≥ -1, got 1\.5/
    ],
    [
      "a list in place of an object",
      { ...arrays, ids: [["a"]] },
      files,
      /ids\[0\]\.id: expected text or a whole number, got \["a"\]/
    ],
    ["a manifest that is a list", [], {}, /manifest\.json: expected an object, got \[\]/],
    [
      "a field of an array that only items have",
      { ...arrays, taps: { "block.0": { file: "x.npy", row: 0 } } },
      files,
      /taps\["block\.0"\]\.row: not allowed here: `ids` names the arrays' rows/
    ],
    [
      "a misspelt field before the one that it leaves missing",
      { ...arrays, taps: { embed: { fil: "x.npy" } } },
      files,
      /taps\.embed\.fil: unknown field; the known ones are file, tensor/
    ],
    [
      "half of a surrogate pair",
      { ...arrays, ids: ["\ud800", "b"] },
      files,
      /ids\[0\]\.id: .* is not valid Unicode/
    ],
    [
      "a token that is named twice",
      { ...arrays, tokens: ["cls", "cls"] },
      files,
      /tokens\[1\]: cls .* occurs twice/
    ],
    [
      "a token that is said in two places",
      { ...arrays, ids: [{ id: "a", token: "cls" }] },
      files,
      /ids\[0\]\.token: not allowed here: the manifest's `tokens` apply/
    ],
    [
      "a selection that is none",
      { ...arrays, tokens: [{ token: "avg_obj", selection: "center" }] },
      files,
      /tokens\[0\]\.selection: expected one of as-published, centre, aligned, got "center"/
    ],
    [
      "a task without a name",
      { ...arrays, tokens: [{ token: "avg_obj", task: "" }] },
      files,
      /tokens\[0\]\.task: expected text or a whole number, got ""/
    ],
    [
      "a task that is said in two places",
      { ...arrays, ids: [{ id: "a", task: "0" }] },
      files,
      /ids\[0\]\.task: not allowed here: the manifest's `tokens` apply/
    ],
    [
      "two items of one token in one task",
      { ...arrays, tokens: [{ token: "cls", task: "0" }], ids: ["a", "a"] },
      files,
      /ids\[1\]: item "a" already has token cls \(source image, object -1, task 0\), from ids\[0\]/
    ],
    [
      "two items of one token",
      { ...arrays, ids: ["a", "a"] },
      files,
      /ids\[1\]: item "a" already has token cls .*, from ids\[0\]/
    ],
    [
      "items of different taps",
      { format: 1, items: [item, { ...item, id: "b", taps: { final: "x.npy" } }] },
      files,
      /items\[1\]\.taps: its taps are final, but those of items\[0\] are embed/
    ],
    [
      "a path that leads out",
      { ...arrays, taps: { embed: "../x.npy" } },
      files,
      /taps\.embed: "\.\.\/x\.npy" leads out/
    ],
    ["an absolute path", { ...arrays, taps: { embed: "/x.npy" } }, files, /taps\.embed: .* absolute/],
    ["a missing array", arrays, {}, /x\.npy: there is no such file/],
    ["a missing list of ids", { ...arrays, ids: "ids.csv" }, files, /ids: there is no file .*ids\.csv/],
    [
      "a list of ids of no known kind",
      { ...arrays, ids: "ids.txt" },
      { ...files, "ids.txt": "a" },
      /neither \.json nor \.csv/
    ],
    [
      "a column that means nothing",
      { ...arrays, ids: "i.csv" },
      { ...files, "i.csv": ",id\n0,a\n1,b\n" },
      /i\.csv: line 2\[""\]: unknown field; the known ones are id, image/
    ],
    [
      "a ragged CSV",
      { ...arrays, ids: "i.csv" },
      { ...files, "i.csv": "id\na\nb,c\n" },
      /i\.csv: line 3: 2 cells, but the header has 1/
    ],
    [
      "an open quote",
      { ...arrays, ids: "i.csv" },
      { ...files, "i.csv": 'id\n"a\n' },
      /i\.csv: line 2: a quote/
    ],
    [
      "an object in a CSV that is no number",
      { ...arrays, tokens: undefined, ids: "i.csv" },
      { ...files, "i.csv": "id,token,object\na,cls,one\n" },
      /i\.csv: line 2\.object: expected a whole number ≥ -1, got "one"/
    ],
    [
      "a missing image",
      { format: 1, items: [{ ...item, image: "a.png" }] },
      files,
      /items\[0\]: there is no image .*a\.png/
    ],
    [
      "fewer rows than ids",
      { ...arrays, ids: ["a", "b", "c"] },
      files,
      /x\.npy: there are 3 ids: its array is \[2, 3\], but tap "embed" of ids\[0\] needs \[3, width\]/
    ],
    [
      "another number of tokens",
      { ...arrays, tokens: ["cls", "x"] },
      { "x.npy": counting(2, 3, 4) },
      /x\.npy: 2 tokens are named: its array is \[2, 3, 4\], .* needs \[2, 2, width\]/
    ],
    [
      "tokens, and an array without them",
      { ...arrays, tokens: ["cls", "x"] },
      files,
      /x\.npy: 2 tokens are named: its array is \[2, 3\]/
    ],
    ["vectors without values", arrays, { "x.npy": counting(2, 0) }, /its vectors are empty/],
    [
      "a row that is not there",
      { format: 1, items: [{ ...item, taps: { embed: { file: "x.npy", row: 2 } } }] },
      files,
      /x\.npy: there is no row 2: its array is \[2, 3\]/
    ],
    [
      "a negative row",
      { format: 1, items: [{ ...item, taps: { embed: { file: "x.npy", row: -1 } } }] },
      files,
      /items\[0\]\.taps\.embed\.row: expected a whole number ≥ 0, got -1/
    ],
    [
      "a NaN",
      arrays,
      { "x.npy": encodeNpy([2, 2], Float32Array.of(0, 1, NaN, 3)) },
      /x\.npy: value 0 of token "cls" in row 1 \(item "b", tap "embed"\) is NaN or infinite/
    ],
    ["a file that is no array", arrays, { "x.npy": "text" }, /x\.npy: not a \.npy file/],
    [
      "widths that differ",
      { format: 1, items: [item, { id: "b", token: "cls", taps: { embed: "y.npy" } }] },
      { "x.npy": counting(3), "y.npy": counting(4) },
      /y\.npy: a vector of tap "embed" has 4 values of float32, but in .*x\.npy 3 values/
    ]
  ])("%s", async (_, manifest, beside, says) => {
    const error = await rejection(run(folderOf(manifest, beside)))
    expect(error.message).toMatch(says)
    expect(error).toMatchObject({ name: "ImportError", file: expect.any(String), hint: expect.any(String) })
  })
  it("a manifest that is not there", async () => {
    await expect(run(join(root, "nowhere"))).rejects.toThrow(/manifest\.json: there is no such file/)
  })
  it("an infinite float16", async () => {
    const folder = folderOf("", {})
    cpSync(fixture, folder, { recursive: true })
    const file = join(folder, "blocks.safetensors")
    const bytes = readFileSync(file)
    const header = bytes.readUInt32LE(0)
    const { layer0 } = JSON.parse(bytes.toString("utf8", 8, 8 + header)) as Record<
      string,
      { data_offsets: [number, number] }
    >
    bytes.writeUInt16LE(0x7c00, 8 + header + layer0!.data_offsets[0] + 2 * 9)
    writeFileSync(file, bytes)
    await expect(run(folder)).rejects.toThrow(
      /blocks\.safetensors: layer0: value 1 of token "avg_obj" in row 1 .* is NaN or infinite/
    )
  })
})

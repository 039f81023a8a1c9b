/** Tensors that a stage gives in half precision: how they lie in the store, and what is read of them. */
import { objectFile } from "../store/object-file.ts"
import { tableFromIPC } from "apache-arrow"
import { afterAll, expect, it } from "vitest"
import {
  column,
  defineStage,
  each,
  fromFloat16,
  one,
  param,
  table,
  toFloat16,
  whole
} from "../../../src/index.ts"
import { nodeFileSystem } from "../../../src/store/files/file-system.ts"
import { artifactObjects } from "../../../src/store/items/read-artifact.ts"
import { makeStore } from "../../../src/store/store.ts"
import { Lab, numbers } from "./lab.ts"

const lab = new Lab()
afterAll(() => lab.close())
const store = makeStore(`${lab.folder}/store`, nodeFileSystem())

const family = { waves: column.tensors("width") }
const width = 64
/** Sines, rounded to float16, given as its bits or as the float32 that these stand for. */
const waves = defineStage.itemwise("waves", {
  inputs: { of: each({ a: column.float64() }) },
  params: { give: param.choice(["float16", "float32", "mixed"]) },
  output: one(family),
  compute: (items, { params: { give } }) =>
    items.map(({ of: { a } }) => {
      const halves = toFloat16(Float32Array.from({ length: width }, (_, i) => Math.sin(a * i)))
      const isHalf = give === "float16" || (give === "mixed" && a > 1)
      return { waves: { sine: isHalf ? halves : fromFloat16(halves) } }
    })
})
const first = defineStage.whole("first", {
  inputs: { of: whole(family) },
  output: table({ kind: column.utf8(), value: column.float64() }),
  compute: async ({ of }) => {
    const { data } = await of.tensor("waves", "sine")
    return [{ kind: data.constructor.name, value: data[1]! }]
  }
})
const source = numbers("source", { file: { path: lab.writeItems({ x: [1, 0], y: [2, 0] }) } })
const ran = async (give: "float16" | "float32") => {
  const of = waves(give, { of: source, give })
  const { run } = await lab.run(lab.graph({ first: first(`first-${give}`, { of }) }))
  const [, node, end] = run.nodes
  const manifest = (await store.manifest(node!.artifact!))!
  const file = objectFile(store, manifest.shards[0]!.tensors["waves/sine"]!)
  const read = await store.manifest(end!.artifact!)
  const [row] = await artifactObjects(store, read!)
  return { first: row, below: end!, manifest, file: nodeFileSystem().read(file) }
}

it("float16 takes half the space, and is read as the float32 that it stands for", async () => {
  const half = await ran("float16")
  const single = await ran("float32")

  expect(String(tableFromIPC(half.file).schema.fields[1]!.type)).toBe(`FixedSizeList[${width}]<Float16>`)
  expect(single.file.length - half.file.length).toBeGreaterThanOrEqual(2 * width * 2 - 64)
  expect(half.first).toEqual({
    kind: "Float32Array",
    value: fromFloat16(toFloat16(Float32Array.of(Math.sin(1))))[0]
  })
})

it("digests are of the values that are read: in either form the same, so that nothing below runs again", async () => {
  const [half, single] = [await ran("float16"), await ran("float32")]

  expect(half.manifest.digests["waves/sine"]).toBe(single.manifest.digests["waves/sine"])
  expect(half.below.artifact).toBe(single.below.artifact)
  expect(single.below.status).toBe("cached")
})

it("rows of both kinds in one shard are refused by name", async () => {
  const of = waves("mixed", { of: source, give: "mixed" })
  const { run } = await lab.run(lab.graph({ of: first("first-mixed", { of }) }))

  expect(run.nodes[1]).toMatchObject({ id: "mixed", status: "failed" })
  expect(run.nodes[1]!.error).toContain('row 1 has float16 in "sine", the first row has float32')
})

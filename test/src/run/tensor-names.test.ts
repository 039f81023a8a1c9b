/** Names of tensors come from the data: each has files of its own in the run's folder, and none leads out of it. */
import { objectFile } from "../store/object-file.ts"
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { column, defineStage, each, one, table, whole } from "../../../src/index.ts"
import { tensorFileNames } from "../../../src/store/runs/view.ts"
import { storeOf } from "../store/gc/worlds.ts"
import { Lab, numbers } from "./lab.ts"

let lab: Lab
beforeEach(() => {
  lab = new Lab()
})
afterEach(() => lab.close())

type Tensors = Readonly<Record<string, Float32Array>>
async function run(first: Tensors, second?: Tensors) {
  const inputs = { of: each({ a: column.float64() }) }
  const family = column.tensors("width")
  const stage =
    second === undefined
      ? defineStage.itemwise("stage", {
          inputs,
          output: one({ first: family }),
          compute: (items) => items.map(() => ({ first }))
        })
      : defineStage.itemwise("stage", {
          inputs,
          output: one({ first: family, second: family }),
          compute: (items) => items.map(() => ({ first, second }))
        })
  const source = numbers("source", { file: { path: lab.writeItems({ i0: [1, 2] }) } })
  const { run: record } = await lab.run(lab.graph({ node: stage("a/node", { of: source }) }))
  return record
}
const filesOf = (id: string) =>
  readdirSync(join(lab.folder, "store", "runs", id, "a", "node")).filter((name) => name !== "items.parquet")
const tensors = (...names: ReadonlyArray<string>): Tensors =>
  Object.fromEntries(names.map((name, i) => [name, Float32Array.of(i, names.length)]))

it("each is a file of its own, in the node's folder", async () => {
  const outside = mkdtempSync(join(tmpdir(), "OUTSIDE"))
  const names = [
    "block.3.resid_post",
    `../../../../../../../../../..${outside}/x`,
    "../../../../x",
    "/etc/x",
    "b",
    "a/../b",
    "./b",
    "a//b",
    "a/b",
    "/a/b",
    "a\\b",
    "..",
    ".",
    "%2E",
    "items",
    "items.parquet",
    "b.00000.arrow",
    "x.tmp-12",
    "é",
    "e\u0301",
    "A",
    "a",
    "a ",
    "n".repeat(200)
  ]
  const record = await run(tensors(...names))
  const files = filesOf(record.id)
  expect(record.status).toBe("ok")
  expect(files).toHaveLength(names.length)
  expect(files).toContain("block.3.resid_post.00000.arrow")
  expect(new Set(files.map((name) => name.toLowerCase())).size).toBe(names.length)
  expect(readdirSync(outside)).toEqual([])
  expect(existsSync(join(lab.folder, "x.00000.arrow"))).toBe(false)
  // each is its own tensor's object
  const store = storeOf(lab)
  const { artifact } = record.nodes.find(({ id }) => id === "a/node")!
  const manifest = (await store.manifest(artifact!))!
  for (const [tensor, name] of tensorFileNames(manifest)) {
    const view = join(store.root, "runs", record.id, "a", "node", `${name}.00000.arrow`)
    expect(statSync(view).ino, tensor).toBe(
      statSync(objectFile(store, manifest.shards[0]!.tensors[tensor]!)).ino
    )
  }
  rmSync(outside, { recursive: true })
})

it("those of two columns have files of their own too", async () => {
  const record = await run(tensors("x", "first=x", "only"), tensors("x", "X", "first/x"))
  expect(filesOf(record.id).sort()).toEqual(
    [
      "first%2Fx.00000.arrow",
      "first%3Dx.00000.arrow",
      "first=x.00000.arrow",
      "only.00000.arrow",
      "second=%58.00000.arrow",
      "second=x.00000.arrow"
    ].sort()
  )
})

it("those of a table, whose rows belong to no items, lie in the node's folder alone", async () => {
  const tables = defineStage.whole("tables", {
    inputs: { of: whole({ a: column.float64() }) },
    output: table({ n: column.int32(), x: column.tensors("width") }),
    compute: () => [{ n: 1, x: tensors("m", "n") }]
  })
  const of = numbers("source", { file: { path: lab.writeItems({ i0: [1, 2] }) } })
  const { run: record } = await lab.run(lab.graph({ node: tables("a/node", { of }) }))
  expect(record.status).toBe("ok")
  const folder = join(lab.folder, "store", "runs", record.id, "a", "node")
  expect(readdirSync(folder).sort()).toEqual(["m.00000.arrow", "n.00000.arrow"])
})

it.each([
  ["", "is empty"],
  ["a\0b", "U+0000"],
  ["a\nb", "U+000A"],
  ["a\ud800", "half of a surrogate pair"],
  ["x".repeat(201), "is too long: 201 bytes, at most 200"],
  ["/".repeat(100), "is too long: 300 bytes, at most 200"]
])("one that cannot be a file's is refused: %j", async (name, why) => {
  const record = await run(tensors("fine", name))
  expect(record.nodes.at(-1)).toMatchObject({
    status: "failed",
    error: expect.stringMatching(
      /stage "stage" \(node "a\/node"\) .*column "first".*the tensor name/
    ) as string
  })
  expect(record.nodes.at(-1)!.error).toContain(why)
})

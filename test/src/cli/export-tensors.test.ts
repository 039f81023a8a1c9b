/** A tensor that is exported has the elements that it is stored with, and the values that stages read. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { tableFromIPC } from "apache-arrow"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { exportCommand } from "../../../src/cli/export.ts"
import { showCommand } from "../../../src/cli/show.ts"
import { column, defineStage, each, one, param, toFloat16 } from "../../../src/index.ts"
import { openTensors } from "../../../src/store/format/arrow-read.ts"
import { memorySource } from "../../../src/store/format/bytes.ts"
import { Lab, numbers } from "../run/lab.ts"
import { typed } from "./store-commands.ts"

/** A row an item: a third of its number, and one below, in two shards. */
const thirds = defineStage.itemwise("thirds", {
  inputs: { of: each({ a: column.float64() }) },
  params: { give: param.choice(["float16", "float32"]) },
  output: one({ x: column.tensors("width") }),
  chunk: 1,
  compute: (items, { params: { give } }) =>
    items.map(({ of: { a } }) => {
      const values = Float32Array.of(a / 3, -a / 3)
      return { x: { tap: give === "float16" ? toFloat16(values) : values } }
    })
})
let lab: Lab
beforeAll(async () => {
  lab = new Lab()
  const source = numbers("source", { file: { path: lab.writeItems({ i0: [1, 0], i1: [2, 0] }) } })
  const of = (give: "float16" | "float32") => thirds(give, { of: source, give })
  await lab.run(lab.graph({ half: of("float16"), single: of("float32") }))
})
afterAll(() => lab.close())

const exported = async (node: string, format: string): Promise<Uint8Array> => {
  const file = join(lab.folder, `${node}.${format}`)
  const { code } = await typed(lab, exportCommand, `export @1:${node} -o ${file}`)
  expect(code).toBe(0)
  return new Uint8Array(readFileSync(file))
}
const values = Float32Array.of(1 / 3, -1 / 3, 2 / 3, -2 / 3)
const stored = { float16: toFloat16(values), float32: values } as const

describe.each(["float16", "float32"] as const)("a tensor of %s", (elements) => {
  it("is shown as such", async () => {
    expect((await typed(lab, showCommand, `show @1:${elements} --json`)).json.tensors).toMatchObject([
      { member: "tap", shape: [2], elements }
    ])
    const { text } = await typed(lab, showCommand, `show @1:${elements}`)
    expect(text).toMatch(new RegExp(`^x +tap +${elements} +\\[2\\] +\\(width\\)$`, "m"))
  })
  it("is exported as such to .npy", async () => {
    const bytes = await exported(elements, "npy")
    const header = new TextDecoder("latin1").decode(bytes.subarray(10, 128))
    const descr = elements === "float16" ? "<f2" : "<f4"
    expect(header.trimEnd()).toBe(`{'descr': '${descr}', 'fortran_order': False, 'shape': (2, 2), }`)
    expect(bytes.subarray(128)).toEqual(new Uint8Array(stored[elements].buffer))
  })
  it("is exported as such to .arrow, with the items' ids", async () => {
    const bytes = await exported(elements, "arrow")
    const file = openTensors(memorySource(bytes))
    expect(file).toMatchObject({ elements, rows: 2 })
    expect(file.items()).toEqual(["i0", "i1"])
    expect(elements === "float16" ? file.readHalves() : file.read()).toEqual(stored[elements])
    expect(tableFromIPC(bytes).numRows).toBe(2)
  })
})

import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterEach, expect, it } from "vitest"
import { csvHead, csvRows } from "../../../src/inspect/csv.ts"
import { nodeFileSystem } from "../../../src/store/files/file-system.ts"
import { outsideFile } from "../../../src/store/files/outside-file.ts"
import { npyHeader } from "../../../src/support/npy-header.ts"
import { writeOut } from "../../../src/inspect/write-out.ts"
import { column } from "../../../src/pipeline/columns.ts"

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "probeline-export-"))
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

const columns = {
  name: column.nullable(column.utf8()),
  value: column.nullable(column.float64()),
  sizes: column.list(column.int32()),
  extra: column.json<unknown>(),
  image: column.file(),
  taps: column.tensors("width")
}

it("writes CSV in which null, empty text and every number can be told apart", () => {
  expect(csvHead(columns, "scene")).toBe("scene,name,value,sizes,extra,image_path,image_size,image_sha256\n")
  const image = outsideFile(nodeFileSystem(), "/d/a,b.png", { size: 12, sha256: "ff" })
  const lines = csvRows(columns, "scene", {
    item: ["1", "2", "3"],
    name: [null, "", 'say "hi",\nyou'],
    value: [0.1 + 0.2, -0, null],
    sizes: [[1, 2], [], new Int32Array([3])],
    extra: [{ a: "b" }, null, 1],
    image: [image, image, image]
  })
  expect([...lines].join("")).toBe(
    [
      '1,,0.30000000000000004,"[1,2]","{""a"":""b""}","/d/a,b.png",12,ff',
      '2,"",-0,[],,"/d/a,b.png",12,ff',
      '3,"say ""hi"",\nyou",,[3],1,"/d/a,b.png",12,ff\n'
    ].join("\n")
  )
})

it("writes the rows of a table of no items", () => {
  expect(csvHead({ a: column.int32() }, null)).toBe("a\n")
  expect([...csvRows({ a: column.int32() }, null, { item: ["", ""], a: [1, 2] })]).toEqual(["1\n", "2\n"])
})

it("quotes text that a reader would take for something else", () => {
  const name = ["", " a", "a\t", "\u00a0", "a\r", "a,b", '"', "a b", "-", "=1", "1e5", "\ufeffx"]
  expect([...csvRows({ name: column.utf8() }, null, { name })].join("")).toBe(
    '""\n" a"\n"a\t"\n"\u00a0"\n"a\r"\n"a,b"\n""""\na b\n-\n=1\n1e5\n"\ufeffx"\n'
  )
  expect(csvHead({ "a,b": column.utf8() }, "")).toBe('"","a,b"\n')
})

it("writes the headers that numpy.save writes", () => {
  // numpy 2: np.save of np.zeros((3, 2, 5), "<f4") and np.zeros(7, "<f8")
  const header = Buffer.from(npyHeader("<f4", [3, 2, 5]))
  expect(header.length).toBe(128)
  expect(header.subarray(0, 10)).toEqual(Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]))
  expect(header.subarray(10).toString("latin1")).toBe(
    `${"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2, 5), }".padEnd(117)}\n`
  )
  expect(Buffer.from(npyHeader("<f8", [7])).toString("latin1")).toContain("'shape': (7,), }")
})

it("never writes over a file unasked, and leaves nothing behind when it fails", async () => {
  const file = path.join(folder, "sub", "a.csv")
  const write = (text: string) => async (out: { write(bytes: Uint8Array): void }) =>
    out.write(Buffer.from(text))
  expect(await writeOut(file, false, write("one"))).toBe(3)
  await expect(writeOut(file, false, write("two"))).rejects.toMatchObject({
    _tag: "Usage",
    hint: "--overwrite replaces it"
  })
  expect(fs.readFileSync(file, "utf8")).toBe("one")
  const torn = async (out: { write(bytes: Uint8Array): void }) => {
    out.write(Buffer.from("half"))
    throw new Error("torn")
  }
  await expect(writeOut(file, true, torn)).rejects.toThrow("torn")
  expect(fs.readFileSync(file, "utf8")).toBe("one")
  await writeOut(file, true, write("two"))
  expect(fs.readFileSync(file, "utf8")).toBe("two")
  expect(fs.readdirSync(path.dirname(file))).toEqual(["a.csv"])
  await expect(writeOut(path.dirname(file), true, write("x"))).rejects.toMatchObject({ _tag: "Usage" })
})

/** What a run leaves is read by others' tools, with the values that `export` gives. */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import { type FixedSizeList, tableFromIPC } from "apache-arrow"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { encoder, fixtures, makeRig, type Rig, small } from "./cli.ts"

const python = process.env["PROBELINE_PYTHON"]
const nodes = [
  "scenes",
  "tasks",
  "masks",
  "tokens",
  "activations",
  "support",
  "examples",
  "fits",
  "probes",
  "scores",
  "measures"
]
const taps = ["embed", "final.norm"]

const duckdb = await (await DuckDBInstance.create(":memory:")).connect()
let rig: Rig
let latest: string
// enough scenes for several shards
beforeAll(async () => {
  rig = makeRig()
  latest = rig.at("artifacts/runs/latest")
  const run = ["run", small, "-S", "scenes=80", "-S", `taps=${taps}`, "-S", `encoder=${encoder}`]
  const { code, stderr } = await rig.cli(...run)
  expect(code, stderr).toBe(0)
}, 60_000)
afterAll(() => {
  duckdb.closeSync()
  rig.remove()
})

const filesOf = (ending: string): ReadonlyArray<string> =>
  (fs.readdirSync(latest, { recursive: true }) as Array<string>)
    .filter((name) => name.endsWith(ending))
    .toSorted()
async function exported(to: string, ref: string, ...options: ReadonlyArray<string>): Promise<Buffer> {
  const { code, stderr } = await rig.cli("export", ref, ...options, "-o", to, "--overwrite")
  expect(code, stderr).toBe(0)
  return fs.readFileSync(rig.at(to))
}
async function query(text: string) {
  const answer = await duckdb.runAndReadAll(text)
  return { names: answer.columnNames(), rows: answer.getRowsJS() }
}
/** A cell of a Parquet table, as CSV has it. */
function csvText(cell: unknown, name: string): string | null {
  if (cell === null) return null
  if (Array.isArray(cell)) return JSON.stringify(cell)
  // in a table a file is named relative to the store, for whoever moves it; on its own, in full
  if (name.endsWith("_path")) return path.resolve(rig.at("artifacts"), String(cell))
  return Object.is(cell, -0) ? "-0" : String(cell)
}
/** The header and the values of a NumPy file of little-endian float32. */
function npy(content: Buffer) {
  const end = 10 + content.readUInt16LE(8)
  const header = content.subarray(10, end).toString("latin1")
  expect(header).toContain("'descr': '<f4', 'fortran_order': False")
  const shape = /'shape': \(([^)]*)\)/.exec(header)![1]!.split(",").filter(Boolean).map(Number)
  return { shape, values: new Float32Array(content.buffer.slice(content.byteOffset + end)) }
}
/** The tensors of an Arrow file, flat, and the item of each row. */
function arrow(content: Uint8Array) {
  const table = tableFromIPC(content)
  const column = table.getChild("activation")!
  const { metadata } = table.schema.fields.find(({ name }) => name === "activation")!
  expect(metadata.get("ARROW:extension:name")).toBe("arrow.fixed_shape_tensor")
  const width = (column.type as FixedSizeList).listSize
  const values = column.data.flatMap(({ children, length, offset }) => [
    ...(children[0]!.values as Float32Array).subarray(offset * width, (offset + length) * width)
  ])
  return { width, rows: table.numRows, values, items: [...table.getChild("scene")!] as Array<string> }
}

describe("every Parquet table of a run", () => {
  it("is there for every node", () => {
    expect(filesOf(".parquet")).toEqual(
      [...nodes.map((node) => `${node}.parquet`), "activations/items.parquet"].toSorted()
    )
  })
  it.each(nodes)("%s: DuckDB reads the values that a CSV export has", async (node) => {
    const csv = rig.at(`${node}.csv`)
    await exported(`${node}.csv`, `latest:${node}`)
    const table = await query(`select * from '${latest}/${node}.parquet'`)
    const text = await query(
      `select * from read_csv('${csv}', header = true, all_varchar = true, auto_detect = false, delim = ',', quote = '"', escape = '"', max_line_size = 10000000, columns = {${table.names.map((name) => `'${name}': 'VARCHAR'`)}})`
    )
    expect(fs.readFileSync(csv, "utf8").split("\n", 1)[0]).toBe(table.names.join(","))
    expect(table.rows.length).toBeGreaterThan(0)
    expect(table.rows.map((row) => row.map((cell, i) => csvText(cell, table.names[i]!)))).toEqual(text.rows)
  })
  it("and its Parquet export is the same table", async () => {
    await exported("copy.parquet", "latest:tokens")
    expect(await query(`select * from '${rig.at("copy.parquet")}'`)).toEqual(
      await query(`select * from '${latest}/tokens.parquet'`)
    )
  })
})

describe("every Arrow file of a run", () => {
  it("is there for every tap, in the same parts", () => {
    const parts = (tap: string) => filesOf(".arrow").filter((name) => name.includes(`/${tap}.`))
    for (const tap of taps) expect(parts(tap).length, tap).toBeGreaterThan(1)
    expect(parts(taps[0]!).length).toBe(parts(taps[1]!).length)
  })
  it.each(taps)("%s: apache-arrow reads the values that an NPY export has", async (tap) => {
    const { shape, values } = npy(
      await exported("tap.npy", "latest:activations", "--tap", tap, "--column", "activation")
    )
    const parts = filesOf(".arrow")
      .filter((name) => name.startsWith(`activations/${tap}.`))
      .map((name) => arrow(fs.readFileSync(path.join(latest, name))))
    expect(shape).toEqual([parts.reduce((sum, { rows }) => sum + rows, 0), parts[0]!.width])
    expect(parts.flatMap((part) => part.values)).toEqual([...values])
    const whole = arrow(await exported("tap.arrow", "latest:activations", "--tap", tap))
    expect(whole.values).toEqual([...values])
    // a row of the table is a row of the tensor
    const table = await query(`select scene from '${latest}/activations.parquet'`)
    expect(whole.items).toEqual(table.rows.map(([scene]) => scene))
  })
  it("has an item where items.parquet says", async () => {
    const { rows } = await query(
      `select scene, part, "row", "rows" from '${latest}/activations/items.parquet' order by scene`
    )
    expect(rows).toHaveLength(80)
    for (const [scene, part, row, count] of rows.filter((_, i) => i % 13 === 0) as Array<
      [string, number, number, number]
    >) {
      const file = `activations/embed.${String(part).padStart(5, "0")}.arrow`
      const { items } = arrow(fs.readFileSync(path.join(latest, file)))
      expect(new Set(items.slice(row, row + count))).toEqual(new Set([scene]))
      expect(items.filter((item) => item === scene)).toHaveLength(count)
    }
  })
})

describe.skipIf(python === undefined)(
  `pyarrow${python === undefined ? " (skipped: PROBELINE_PYTHON names no Python that has it)" : ""}`,
  () => {
    it("reads every file, and the same tensors", async () => {
      const script = path.join(fixtures, "read_with_pyarrow.py")
      const read = JSON.parse(execFileSync(python!, [script, latest], { encoding: "utf8" })) as Record<
        string,
        {
          rows: number
          columns: Array<string>
          tensor: { shape: Array<number>; first: Array<number> } | null
        }
      >
      expect(Object.keys(read).toSorted()).toEqual([...filesOf(".parquet"), ...filesOf(".arrow")].toSorted())
      for (const [name, { rows, columns, tensor }] of Object.entries(read)) {
        if (name.endsWith(".parquet")) {
          const { names, rows: expected } = await query(`select * from '${latest}/${name}'`)
          expect([rows, columns], name).toEqual([expected.length, names])
        } else {
          const { rows: expected, width, values } = arrow(fs.readFileSync(path.join(latest, name)))
          expect(tensor, name).toEqual({ shape: [expected, width], first: values.slice(0, width) })
        }
      }
    })
  }
)

describe("one row per prediction, by the lines of docs/measures.md", () => {
  const page = fs.readFileSync(new URL("../../docs/measures.md", import.meta.url), "utf8")
  const linesIn = (language: string) =>
    new RegExp(`\`\`\`${language}\n([^\`]*unnest[^\`]*|[^\`]*explode[^\`]*)\`\`\``).exec(page)![1]!
  const path = () => `${latest}/probes.parquet`
  const inThisRun = (text: string) =>
    text.replace(/artifacts\/latest\/quickstart\/probes\/vit\.parquet/g, path())
  const expected = async () => {
    const { rows } = await query(
      `select max(images)::int, sum(n * seeds)::int, sum(list_sum(list_transform(list_zip(label, predicted), x -> (x[1] = x[2])::int)))::int
       from '${path()}' where undefined_because is null`
    )
    return rows[0] as [number, number, number]
  }
  it("in DuckDB", async () => {
    const predictions = `(${inThisRun(linesIn("sql"))})`
    const { rows } = await query(
      `select count(*)::int, sum((label = predicted)::int)::int, count(distinct image)::int from ${predictions}`
    )
    const [images, count, right] = await expected()
    expect(count).toBeGreaterThan(1000)
    expect(rows).toEqual([[count, right, images]])
  })
  it.skipIf(python === undefined)(
    `in polars${python === undefined ? " (skipped: PROBELINE_PYTHON names no Python that has it)" : ""}`,
    async () => {
      const script = `${inThisRun(linesIn("python"))}
print(predictions.height, (predictions["label"] == predictions["predicted"]).sum(), predictions["image"].n_unique())`
      const told = execFileSync(python!, ["-c", script], { encoding: "utf8" })
      const [images, count, right] = await expected()
      expect(told.trim().split(" ").map(Number)).toEqual([count, right, images])
    }
  )
})

import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { column } from "../../../../src/pipeline/columns.ts"
import { toFloat16 } from "../../../../src/support/float16.ts"
import { encodeTensors, TensorFileWriter } from "../../../../src/store/format/arrow-write.ts"
import { MemorySink } from "../../../../src/store/format/bytes.ts"
import { encodeParquet } from "../../../../src/store/format/parquet-write.ts"
import { encodeSidecar } from "../../../../src/store/items/sidecar.ts"
import { StringArray } from "../../../../src/store/format/string-array.ts"

const python = process.env.PROBELINE_PYTHON
const script = fileURLToPath(new URL("../../../fixtures/store/check_pyarrow.py", import.meta.url))

test.skipIf(python === undefined)(
  "pyarrow reads tensors, sidecars and tables (skipped unless PROBELINE_PYTHON names a Python with pyarrow)",
  { timeout: 60_000 },
  async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "probeline-pyarrow-"))
    try {
      const data = Float32Array.of(
        NaN,
        Infinity,
        -Infinity,
        -0,
        0,
        1e-45,
        ...Array.from({ length: 24 }, (_, i) => i / 3)
      )
      const items = ["a", "a", "🙂", "", "d"]
      const sink = new MemorySink()
      const head = { family: "activations", member: "block.0", shape: [2, 3], dims: ["token", "dim"] }
      const writer = new TensorFileWriter(sink, { ...head, idColumn: "scene", batchBytes: 2 * 6 * 4 })
      writer.write(data, items)
      writer.close()
      fs.writeFileSync(path.join(folder, "tensors.arrow"), sink.bytes())
      const halves = toFloat16(data)
      fs.writeFileSync(
        path.join(folder, "halves.arrow"),
        encodeTensors({ ...head, idColumn: "scene", elements: "float16" }, halves, items)
      )
      const digests = { "activations/block.0": Uint8Array.from({ length: 32 }, (_, i) => i) }
      fs.writeFileSync(
        path.join(folder, "sidecar.arrow"),
        encodeSidecar({ items: StringArray.of(["a", "🙂"]), rows: Int32Array.of(2, 1), digests })
      )
      const table = {
        columns: { n: column.nullable(column.int32()), l: column.list(column.utf8()), j: column.json() },
        vectors: { n: [null, 7], l: [["é", ""], []], j: [{ b: 1, a: null }, null] }
      }
      fs.writeFileSync(
        path.join(folder, "table.parquet"),
        await encodeParquet({ ...table, idColumn: "scene", rows: 2, items: ["a", "🙂"] })
      )

      const seen = JSON.parse(execFileSync(python!, [script, folder], { encoding: "utf8" }))

      expect(seen).toMatchObject({
        type: "arrow.fixed_shape_tensor",
        shape: [2, 3],
        dim_names: ["token", "dim"],
        batches: 3,
        array_shape: [5, 2, 3],
        bits: [...new Uint32Array(data.buffer)],
        halves: { type: "halffloat", shape: [2, 3], array_shape: [5, 2, 3], bits: [...halves] },
        items,
        stream_bits: [...new Uint32Array(data.buffer)],
        sidecar: {
          item: ["a", "🙂"],
          rows: [2, 1],
          "digest/activations/block.0": [
            "000102030405060708090a0b0c0d0e0f",
            "101112131415161718191a1b1c1d1e1f"
          ]
        },
        table_schema: { scene: "string", n: "int32", l: "list<element: string not null>", j: "string" },
        table: [
          { scene: "a", n: null, l: ["é", ""], j: '{"a":null,"b":1}' },
          { scene: "🙂", n: 7, l: [], j: "null" }
        ]
      })
      expect(seen.metadata).toMatchObject({
        "probeline.family": "activations",
        "probeline.member": "block.0"
      })
    } finally {
      fs.rmSync(folder, { recursive: true })
    }
  }
)

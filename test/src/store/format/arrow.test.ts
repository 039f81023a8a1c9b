import * as fs from "node:fs"
import { tableFromArrays, tableFromIPC, tableToIPC } from "apache-arrow"
import { describe, expect, test } from "vitest"
import { fromFloat16, toFloat16 } from "../../../../src/support/float16.ts"
import { below, pick, seededRandom } from "../../../../src/support/random.ts"
import { openTensors } from "../../../../src/store/format/arrow-read.ts"
import { encodeTensors, TensorFileWriter } from "../../../../src/store/format/arrow-write.ts"
import {
  type ByteSource,
  FileFormatError,
  memorySource,
  MemorySink
} from "../../../../src/store/format/bytes.ts"

const head = {
  family: "activations",
  member: "block.0.resid_post",
  shape: [2, 3],
  dims: ["token", "dim"],
  idColumn: "scene"
}
const bitsOf = (data: Float32Array) => [...new Uint32Array(data.buffer, data.byteOffset, data.length)]
const odd = [NaN, Infinity, -Infinity, -0, 0, 1e-45, 3.4028235e38, 0.1]

/** Counts the reads, to show what a reader asks for. */
function counted(source: ByteSource) {
  const reads: Array<number> = []
  return {
    reads,
    source: {
      ...source,
      read: (position: number, into: Uint8Array) => (reads.push(into.byteLength), source.read(position, into))
    }
  }
}

describe("a tensor file", () => {
  test("gives back every value and id, whole and in ranges, however it was cut", () => {
    const random = seededRandom("tensor files")
    for (let round = 0; round < 40; round++) {
      const shape = pick(random, [[], [1], [3], [2, 3], [1, 5, 2]])
      const size = shape.reduce((a, b) => a * b, 1)
      const idColumn = random() < 0.8 ? "scene" : null
      const sink = new MemorySink()
      const writer = new TensorFileWriter(sink, {
        ...head,
        shape,
        dims: shape.map((_, i) => `d${i}`),
        idColumn,
        batchBytes: 1 + below(random, 100)
      })
      const values: Array<number> = []
      const ids: Array<string> = []
      for (let part = below(random, 4); part > 0; part--) {
        const rows = below(random, 12)
        const data = Float32Array.from({ length: rows * size }, () =>
          random() < 0.3 ? pick(random, odd) : random()
        )
        const items = Array.from({ length: rows }, () => pick(random, ["", "a", "🙂/é", "scene 7"]))
        writer.write(data, idColumn === null ? null : items)
        values.push(...data)
        ids.push(...items)
      }
      writer.close()
      const bytes = sink.bytes()
      const all = Float32Array.from(values)
      const file = openTensors(memorySource(bytes))
      expect(file).toMatchObject({
        family: head.family,
        member: head.member,
        shape,
        idColumn,
        rows: ids.length
      })
      expect(bitsOf(file.read())).toEqual(bitsOf(all))
      expect(file.items()).toEqual(idColumn === null ? null : ids)
      const start = below(random, ids.length + 1)
      const end = start + below(random, ids.length - start + 1)
      expect(bitsOf(file.read(start, end))).toEqual(bitsOf(all.slice(start * size, end * size)))
      expect(file.items(start, end)).toEqual(idColumn === null ? null : ids.slice(start, end))

      const table = tableFromIPC(bytes)
      expect(table.numRows).toBe(ids.length)
      const seen = table.getChild(head.family)!.toArray() as
        | Iterable<{ toArray(): Float32Array }>
        | Float32Array
      expect(
        [...(seen as Iterable<{ toArray(): Float32Array }>)].flatMap((row) =>
          bitsOf(Float32Array.from(row.toArray()))
        )
      ).toEqual(bitsOf(all))
      if (idColumn !== null) expect(table.getChild("scene")!.toJSON()).toEqual(ids)
    }
  })

  test("in float16 gives back the float32 that each stands for, whole and in ranges, and takes no float32", () => {
    const halves = toFloat16(Float32Array.from([...odd, 65504, 2 ** -24, 1 / 3, -7], Math.fround))
    const bytes = encodeTensors({ ...head, elements: "float16", batchBytes: 12 }, halves, ["a", "b"])
    const file = openTensors(memorySource(bytes))

    expect(file).toMatchObject({ elements: "float16", shape: [2, 3], rows: 2 })
    expect(bitsOf(file.read())).toEqual(bitsOf(fromFloat16(halves)))
    expect(bitsOf(file.read(1, 2))).toEqual(bitsOf(fromFloat16(halves.subarray(6))))
    expect(file.readHalves()).toEqual(halves)
    expect(file.readHalves(1, 2)).toEqual(halves.subarray(6))
    expect(() =>
      openTensors(memorySource(encodeTensors(head, file.read(), ["a", "b"]))).readHalves()
    ).toThrow("it has float32 elements")
    expect(String(tableFromIPC(bytes).schema.fields[1]!.type)).toBe("FixedSizeList[6]<Float16>")
    expect(() => encodeTensors({ ...head, elements: "float16" }, new Float32Array(6), ["a"])).toThrow(
      "a file of float16 got a Float32Array"
    )
    expect(() => encodeTensors(head, halves, ["a", "b"])).toThrow("a file of float32 got a Uint16Array")
  })

  test("declares arrow.fixed_shape_tensor with its shape and dimensions", () => {
    const field = tableFromIPC(encodeTensors(head, new Float32Array(6), ["a"])).schema.fields[1]!
    expect(field.name).toBe("activations")
    expect(String(field.type)).toBe("FixedSizeList[6]<Float32>")
    expect(field.metadata.get("ARROW:extension:name")).toBe("arrow.fixed_shape_tensor")
    expect(JSON.parse(field.metadata.get("ARROW:extension:metadata")!)).toEqual({
      shape: [2, 3],
      dim_names: ["token", "dim"]
    })
  })

  test("holds the whole stream, schema first, for readers that skip the magic", () => {
    const bytes = encodeTensors(
      head,
      Float32Array.from({ length: 12 }, (_, i) => i),
      ["a", "b"]
    )
    const table = tableFromIPC(bytes.subarray(8))
    expect(table.schema.fields.map((field) => field.name)).toEqual(["scene", "activations"])
    expect(table.numRows).toBe(2)
  })

  test("is read with one read a record batch, of the wanted rows alone", () => {
    const { reads, source } = counted(
      memorySource(
        encodeTensors(
          { ...head, batchBytes: 10 * 24 },
          new Float32Array(6 * 100),
          Array.from({ length: 100 }, String)
        )
      )
    )
    const file = openTensors(source)
    reads.length = 0
    const data = new Float32Array(25 * 6)
    file.readInto(data, 5, 30)
    expect(reads).toEqual([5 * 24, 10 * 24, 10 * 24])
  })

  test("goes to the sink without a copy of the values", () => {
    const data = Float32Array.from({ length: 600 }, (_, i) => i)
    const pieces: Array<Uint8Array> = []
    const writer = new TensorFileWriter({ write: (some) => void pieces.push(...some) }, head)
    writer.write(data, Array.from({ length: 100 }, String))
    writer.close()
    expect(pieces.filter((piece) => piece.buffer === data.buffer).map((piece) => piece.byteLength)).toEqual([
      2400
    ])
  })

  test("refuses shapes, rows and ids that do not agree, before anything is lost", () => {
    const write =
      (change: Partial<typeof head>, data: Float32Array, items: ReadonlyArray<string> | null) => () =>
        encodeTensors({ ...head, ...change }, data, items)
    expect(write({ shape: [2, 0] }, new Float32Array(0), [])).toThrow("whole numbers from 1")
    expect(write({ shape: [2, 1.5] }, new Float32Array(3), ["a"])).toThrow("whole numbers from 1")
    expect(write({ dims: ["token"] }, new Float32Array(6), ["a"])).toThrow("2 dimensions, but 1 names")
    expect(write({}, new Float32Array(7), ["a"])).toThrow("not whole rows of 6")
    expect(write({}, new Float32Array(12), ["a"])).toThrow("not whole rows of 6 for 1 ids")
    expect(write({}, new Float32Array(6), null)).toThrow("for no ids")
    expect(write({ shape: [2 ** 14, 2 ** 14] }, new Float32Array(0), [])).toThrow("below 1 GiB")
  })

  test("is refused when torn or damaged anywhere that its structure shows", () => {
    const bytes = encodeTensors(
      { ...head, batchBytes: 48 },
      Float32Array.from({ length: 60 }, (_, i) => i),
      Array.from({ length: 10 }, String)
    )
    for (let length = 0; length < bytes.length; length += 7) {
      expect(() => openTensors(memorySource(bytes.subarray(0, length), "t.arrow"))).toThrow(FileFormatError)
    }
    expect(() => openTensors(memorySource(bytes.subarray(0, bytes.length - 1), "t.arrow"))).toThrow(
      "t.arrow: it does not end with ARROW1: it is torn"
    )
    const gap = Buffer.concat([bytes.subarray(0, 700), bytes.subarray(708)])
    expect(() => openTensors(memorySource(gap))).toThrow(FileFormatError)
  })

  test("is read or refused, and nothing else happens, whichever byte is flipped", () => {
    const values = Float32Array.from({ length: 12 }, (_, i) => i)
    const bytes = encodeTensors(head, values, ["a", "b"])
    for (let i = 0; i < bytes.length; i++) {
      const damaged = Uint8Array.from(bytes)
      damaged[i]! ^= 0x41
      try {
        const file = openTensors(memorySource(damaged))
        file.read()
        file.items()
      } catch (error) {
        expect(error).toBeInstanceOf(FileFormatError)
      }
    }
  })

  test("is refused when foreign, of another format, or compressed", () => {
    const foreign = tableToIPC(tableFromArrays({ x: Float32Array.of(1, 2) }), "file")
    expect(() => openTensors(memorySource(foreign))).toThrow("not a Probeline tensor file")
    expect(() => openTensors(memorySource(tableToIPC(tableFromArrays({ x: [1] }), "stream")))).toThrow(
      "not an Arrow IPC file"
    )
    const by = (name: string) =>
      memorySource(fs.readFileSync(new URL(`../../../fixtures/store/${name}`, import.meta.url)), name)
    expect(() => openTensors(by("compressed.arrow"))).toThrow("is compressed, which is not supported")
    expect(() => openTensors(by("dictionary.arrow"))).toThrow("dictionary.arrow: it has dictionaries")
  })
})

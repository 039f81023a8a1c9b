import { tableFromIPC } from "apache-arrow"
import { describe, expect, test } from "vitest"
import { below, pick, seededRandom } from "../../../../src/support/random.ts"
import { FileFormatError } from "../../../../src/store/format/bytes.ts"
import { decodeSidecar, encodeSidecar } from "../../../../src/store/items/sidecar.ts"
import { StringArray } from "../../../../src/store/format/string-array.ts"

const random = seededRandom("sidecars")
const randomSidecar = (items: number) => ({
  items: StringArray.of(Array.from({ length: items }, (_, i) => pick(random, ["scene/", "🙂", "é "]) + i)),
  rows: Int32Array.from({ length: items }, () => below(random, 50)),
  digests: Object.fromEntries(
    ["captions", "rows", "activations/block.0.resid_post"].map((name) => [
      name,
      Uint8Array.from({ length: items * 16 }, () => below(random, 256))
    ])
  )
})

describe("a sidecar", () => {
  test.each([0, 1, 2, 257])("gives back ids, row counts and digests of %i items", (items) => {
    const sidecar = randomSidecar(items)
    expect(decodeSidecar(encodeSidecar(sidecar))).toEqual(sidecar)
  })

  test("may have no columns", () => {
    const sidecar = { ...randomSidecar(3), digests: {} }
    expect(decodeSidecar(encodeSidecar(sidecar))).toEqual(sidecar)
  })

  test("is an Arrow table that names its columns", () => {
    const table = tableFromIPC(encodeSidecar(randomSidecar(2)))
    expect(table.schema.fields.map((field) => `${field.name}: ${field.type}`)).toEqual([
      "item: Utf8",
      "rows: Int32",
      "digest/captions: FixedSizeBinary[16]",
      "digest/rows: FixedSizeBinary[16]",
      "digest/activations/block.0.resid_post: FixedSizeBinary[16]"
    ])
  })

  test("is refused when it is torn at any byte", () => {
    const bytes = encodeSidecar(randomSidecar(4))
    for (let length = 0; length < bytes.length; length++)
      expect(() => decodeSidecar(bytes.subarray(0, length), "s.arrow")).toThrow(FileFormatError)
  })

  test("never gives other content than was written, whichever byte is flipped", () => {
    const sidecar = randomSidecar(3)
    const bytes = encodeSidecar(sidecar)
    let refused = 0
    for (let i = 0; i < bytes.length; i++) {
      const damaged = Uint8Array.from(bytes)
      damaged[i]! ^= 1 << below(random, 8)
      try {
        expect(decodeSidecar(damaged)).toEqual(sidecar)
      } catch (error) {
        expect(error, `byte ${i}`).toBeInstanceOf(FileFormatError)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(500)
  })

  test("refuses columns that do not have one digest an item", () => {
    expect(() =>
      encodeSidecar({
        items: StringArray.of(["a"]),
        rows: Int32Array.of(1),
        digests: { c: new Uint8Array(15) }
      })
    ).toThrow('column "c" has 15 bytes of digests for 1 items')
    expect(() => encodeSidecar({ items: StringArray.of(["a"]), rows: Int32Array.of(), digests: {} })).toThrow(
      "0 row counts for 1 items"
    )
  })
})

import { describe, expect, it } from "vitest"
import { compareIds } from "../../../src/support/compare-ids.ts"

const numbers = Array.from({ length: 12 }, (_, i) => String(i + 1))
const of = (write: (id: string) => string, ids: ReadonlyArray<string> = numbers) => ids.map(write)
const names = ["caf\u00e9 one", "d\u00e9j\u00e0 two", "na\u00efve three"]

describe("why ids that should be the same are not", () => {
  const cases: ReadonlyArray<
    readonly [name: string, left: ReadonlyArray<string>, right: ReadonlyArray<string>, how: RegExp]
  > = [
    ["pandas floats", of((id) => `${id}.0`), numbers, /^numbers written as decimals/],
    ["floats with two zeros", of((id) => `${id}.00`), numbers, /^numbers written as decimals/],
    ["floats with a bare point", of((id) => `${id}.`), numbers, /^numbers written as decimals/],
    ["floats in scientific notation", ["1.39e+05", "2.5e3"], ["139000", "2500"], /^numbers written as dec/],
    ["COCO's zero padding", of((id) => id.padStart(12, "0")), numbers, /^zero padding$/],
    ["padding within a name", of((id) => `img_${id.padStart(4, "0")}`), of((id) => `img_${id}`), /^zero pad/],
    ["a file extension", of((id) => `${id}.png`), numbers, /^a file extension$/],
    ["two extensions", of((id) => `${id}.tar.gz`), numbers, /^a file extension$/],
    ["different extensions", of((id) => `${id}.jpg`), of((id) => `${id}.png`), /^a file extension$/],
    ["a name with dots and an extension", ["a.1.npy", "b.2.npy"], ["a.1", "b.2"], /^a file extension$/],
    ["a folder in front", of((id) => `val2017/${id}`), numbers, /^a folder in front$/],
    ["an absolute path", of((id) => `/data/val/${id}`), numbers, /^a folder in front$/],
    ["a folder of Windows", of((id) => `D:\\val\\${id}`), numbers, /^a folder in front$/],
    ["case", ["IMG-A", "IMG-B"], ["img-a", "img-b"], /^upper and lower case$/],
    ["white space at the ends", of((id) => ` ${id}\t`), numbers, /^white space$/],
    ["a no-break space", of((id) => `${id}\u00a0`), numbers, /^white space$/],
    ["a carriage return", of((id) => `${id}\r`), numbers, /^(white space|invisible characters.*)$/],
    ["a byte order mark at the first id alone", ["\uFEFF1", ...numbers.slice(1)], numbers, /^invisible/],
    ["zero-width characters", of((id) => `${id}\u200b`), numbers, /^invisible characters/],
    ["quotation marks", of((id) => `"${id}"`), numbers, /^quotation marks$/],
    ["the repr of Python's bytes", of((id) => `b'${id}'`), numbers, /^quotation marks$/],
    ["NFD for NFC", of((id) => id.normalize("NFD"), names), names, /^the Unicode normal form/],
    ["full-width digits", ["１２", "３４"], ["12", "34"], /NFKC/],
    ["URL encoding", ["a%20b", "c%20d"], ["a b", "c d"], /^URL encoding/],
    ["hyphens for underscores", ["a_1", "b_2"], ["a-1", "b-2"], /^hyphens/],
    ["text around the number", of((id) => `img_${id}`), numbers, /^text around the number/],
    ["the repr of a tensor", of((id) => `tensor(${id})`), numbers, /^text around the number/],
    [
      "extension and padding",
      of((id) => `${id.padStart(3, "0")}.png`),
      numbers,
      /extension and zero padding$/
    ],
    [
      "folder, case, extension and padding",
      of((id) => `Images/IMG_${id.padStart(4, "0")}.JPG`),
      of((id) => `img_${id}`),
      /^upper and lower case, a folder in front, a file extension and zero padding$/
    ],
    [
      "COCO 2014's names",
      of((id) => `COCO_val2014_${id.padStart(12, "0")}.jpg`),
      numbers,
      /text around the n/
    ]
  ]
  it.each(cases)("%s", (_, left, right, how) => {
    const { cause } = compareIds(left, right)
    expect(cause?.how).toMatch(how)
    expect(left).toContain(cause!.left)
    expect(right).toContain(cause!.right)
    // and the other way round
    expect(compareIds(right, left).cause?.how).toMatch(how)
  })

  it("says nothing of ids that have nothing in common", () => {
    expect(compareIds(["cat", "dog", "bird"], ["1", "2", "3"]).cause).toBeNull()
    expect(compareIds(numbers, ["101", "102"]).cause).toBeNull()
  })
  it("does not guess where an id could be several", () => {
    expect(compareIds(["a/1", "b/1"], ["1"]).cause).toBeNull()
  })
  it("does not take the end of a decimal number for a file extension", () => {
    expect(compareIds(["1.5", "2.5"], ["1", "2"]).cause?.how ?? "").not.toContain("extension")
  })
})

describe("what only one side has", () => {
  it("is counted, each id once, with five examples", () => {
    const left = [...numbers, "1", "1"]
    expect(compareIds(left, ["3", "4", "99"])).toEqual({
      both: 2,
      onlyLeft: { count: 10, examples: ["1", "2", "5", "6", "7"] },
      onlyRight: { count: 1, examples: ["99"] },
      cause: null
    })
  })
  it("has no cause where all are the same, or where one side is empty", () => {
    expect(compareIds(numbers, numbers)).toMatchObject({ both: 12, cause: null })
    expect(compareIds(numbers, [])).toMatchObject({ both: 0, onlyLeft: { count: 12 }, cause: null })
  })
  it("is compared quickly, whatever there is of it", () => {
    const many = (suffix: string) => Array.from({ length: 20_000 }, (_, i) => `${i}${suffix}`)
    expect(compareIds(many(".0"), many("")).onlyLeft.count).toBe(20_000)
  })
  it("takes ids that are named as an object's own members are", () => {
    expect(compareIds(["__proto__", "constructor"], ["constructor", "toString"])).toMatchObject({
      both: 1,
      onlyLeft: { examples: ["__proto__"] },
      onlyRight: { examples: ["toString"] }
    })
  })
})

import { expect, it } from "vitest"
import { isRowGuard, rowGuard } from "../../../../src/store/format/row-guard.ts"

const guarded = (row: object): any =>
  Object.setPrototypeOf(
    row,
    rowGuard((column) => new Error(`no column ${column}`))
  )

it("a row gives its own columns and refuses every other, whether or not the input has it", () => {
  const row = guarded({ item: "a", n: 0 })
  expect([row.item, row.n]).toEqual(["a", 0])
  for (const name of ["b", "id", "constructors", "0"])
    expect(() => row[name] ?? 0).toThrow(`no column ${name}`)
  expect(isRowGuard(Object.getPrototypeOf(row) as object)).toBe(true)
})

it("a row shows nothing of what the input has beside", async () => {
  const row = guarded({ n: 1 })
  expect("b" in row).toBe(false)
  const prototype = Object.getPrototypeOf(row) as object
  expect(Object.getOwnPropertyNames(prototype)).toEqual([])
  expect(Object.keys(row)).toEqual(["n"])
  expect({ ...row }).toEqual({ n: 1 })
  expect(JSON.stringify(row)).toBe('{"n":1}')
  expect(await row).toBe(row)
  expect(String(row)).toBe("[object Object]")
})

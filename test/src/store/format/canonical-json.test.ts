import { createHash } from "node:crypto"
import * as vm from "node:vm"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { canonicalJson, digestJson, NotJsonError } from "../../../../src/store/format/canonical-json.ts"

describe("canonical JSON", () => {
  test("is RFC 8785's example", () => {
    // https://www.rfc-editor.org/rfc/rfc8785#section-3.2.2
    const value = JSON.parse(`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
      "literals": [null, true, false]
    }`)
    expect(canonicalJson(value)).toBe(
      `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA'B\\"\\\\\\\\\\"/"}`
    )
  })

  test("sorts keys by UTF-16 code units, as RFC 8785 does", () => {
    // https://www.rfc-editor.org/rfc/rfc8785#section-3.2.3
    const keys = ["\u20ac", "\r", "\ufb33", "1", "😀", "\u0080", "ö"]
    const text = canonicalJson(Object.fromEntries(keys.map((key) => [key, 0])))
    expect(Object.keys(JSON.parse(text)).toSorted()).toEqual(keys.toSorted())
    expect(text).toBe(`{"\\r":0,"1":0,"\u0080":0,"ö":0,"\u20ac":0,"😀":0,"\ufb33":0}`)
  })

  test("reads back as the value, and is the same text whatever the order of keys", () => {
    const turned = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(turned)
      if (typeof value !== "object" || value === null) return value
      return Object.fromEntries(
        Object.entries(value)
          .map(([key, one]) => [key, turned(one)])
          .toReversed()
      )
    }
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(turned(value))).toBe(text)
        expect(canonicalJson(JSON.parse(text))).toBe(text)
      }),
      { seed: 7, numRuns: 300 }
    )
  })

  test("writes −0 as 0, leaves out undefined properties, and keeps lone surrogates as escapes", () => {
    expect(canonicalJson([-0, { a: undefined, b: 1 }, "\ud800"])).toBe('[0,{"b":1},"\\ud800"]')
  })

  test("takes plain objects of other realms and without prototype", () => {
    expect(canonicalJson(vm.runInNewContext("({ b: [1], a: null })"))).toBe('{"a":null,"b":[1]}')
    expect(canonicalJson(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}')
  })

  test.each([
    [NaN, "$ is NaN"],
    [{ a: [1, Infinity] }, "$.a[1] is Infinity"],
    [{ "a b": { c: () => 1 } }, '$["a b"].c is a function'],
    [[undefined], "$[0] is undefined"],
    // oxlint-disable-next-line no-sparse-arrays
    [[1, , 2], "$[1] is undefined"],
    [{ a: 1n }, "$.a is a bigint"],
    [{ a: new Date(0) }, "$.a is a Date"],
    [{ a: new Map() }, "$.a is a Map"],
    [{ a: Float32Array.of(1) }, "$.a is a Float32Array"],
    [new Error("x"), "$ is a Error"]
  ])("refuses what is not JSON, and says where: %s", (value, message) => {
    expect(() => canonicalJson(value)).toThrow(NotJsonError)
    expect(() => canonicalJson(value)).toThrow(message)
  })

  test("refuses a value that holds itself", () => {
    const self: Array<unknown> = []
    self.push(self)
    expect(() => canonicalJson(self)).toThrow("does it contain itself?")
  })

  test("has a sha256", () => {
    expect(digestJson({ b: 1, a: "é" })).toBe(createHash("sha256").update('{"a":"é","b":1}').digest("hex"))
  })
})

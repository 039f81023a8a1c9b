import * as v from "valibot"
import { expect, it } from "vitest"
import { byName, checkJson, exactFields, expected, withFields } from "../../../stages/json/check-json.ts"

const text = v.string(expected("text"))
const schema = exactFields({
  name: text,
  parts: v.optional(v.array(exactFields({ size: v.number(expected("a number")) }))),
  files: v.optional(byName(text, text, "an object of files"))
})
const problemOf = (value: unknown, within = ""): string => {
  try {
    checkJson(
      schema,
      value,
      (field, problem) => {
        throw new Error(`${field}: ${problem}`)
      },
      within
    )
  } catch (error) {
    return (error as Error).message
  }
  throw new Error("it was taken")
}

it("names the field, says what was expected and what is there", () => {
  expect(problemOf({ name: 3 })).toBe("name: expected text, got 3")
  expect(problemOf({})).toBe("name: expected text, got nothing")
  expect(problemOf({ name: "a", parts: [{ size: 1 }, { size: null }] })).toBe(
    "parts[1].size: expected a number, got null"
  )
  expect(problemOf({ name: "a", files: { "block.0": 1 } })).toBe('files["block.0"]: expected text, got 1')
  expect(problemOf({ name: "x".repeat(99), files: {} }, "items[2]")).toBe(
    "items[2].files: expected an object of files, got {}"
  )
})

it("tells an unknown field before the one that it may be a misspelling of", () => {
  expect(problemOf({ nmae: "a" })).toBe("nmae: unknown field; the known ones are name, parts, files")
})

it("takes no list for an object, nor null", () => {
  for (const value of [[], null, "a", 3]) expect(problemOf(value)).toMatch(/^: expected an object, got /)
  expect(problemOf({ name: "a", files: ["b"] })).toBe('files: expected an object of files, got ["b"]')
})

it("keeps names that every object has", () => {
  const names = ["__proto__", "constructor", "prototype", "toString"]
  const files = JSON.parse(`{${names.map((name) => `"${name}": "${name}"`).join(", ")}}`) as unknown
  const never = (field: string, problem: string): never => expect.unreachable(`${field}: ${problem}`)
  expect([...checkJson(schema, { name: "a", files }, never).files!]).toEqual(
    names.map((name) => [name, name])
  )
  expect(checkJson(withFields({ name: text }), { name: "a", toString: 1 }, never)).toEqual({ name: "a" })
})

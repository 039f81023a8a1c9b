/**
 * No code that can reach an artifact calls what may differ between versions of Node: V8's elementary functions, and
 * whatever comes with the ICU, the Unicode tables and the zlib of a version.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { expect, it } from "vitest"
import { type SyntaxNode, parse, walk } from "../src/load/bundle/edit-source.ts"

const root = resolve(import.meta.dirname, "..")

/** All that IEEE 754 and ECMAScript define to the last bit. `Math.random` is missing on purpose. */
const exact = new Set(
  ["abs", "ceil", "clz32", "floor", "fround", "imul", "max", "min", "round", "sign", "sqrt", "trunc"].concat([
    "E",
    "LN10",
    "LN2",
    "LOG10E",
    "LOG2E",
    "PI",
    "SQRT1_2",
    "SQRT2"
  ])
)
const byLocale = /^(localeCompare|toLocale\w+|normalize)$/
const modules = /^(node:)?(zlib|intl)$/

/** What may use one of these after all, since none of it enters an artifact. */
const allowed: Readonly<Record<string, string>> = {
  "src/store/fresh/cache-file.ts: node:zlib": "its crc32 checks a cache that may be deleted at any time",
  "src/support/plain-text.ts: \\p{…}": "escapes control characters where text is shown on a terminal",
  "src/inspect/failure-groups.ts: \\p{…}": "groups failures that are printed",
  "src/report/escape.ts: \\p{…}": "Cc and Cs, whose characters Unicode promises never to change",
  "src/support/file-names.ts: \\p{…}": "Cc, whose characters Unicode promises never to change",
  "src/support/compare-ids.ts: \\p{…}": "what it finds is only said: why ids do not match",
  "src/support/compare-ids.ts: normalize": "the same",
  "stages/coco/annotations.ts: normalize": "finds names that look alike, which is only said",
  "stages/onnx/read-node.ts: normalize": "path.normalize, which has nothing to do with Unicode"
}

const nameOf = (node: SyntaxNode | undefined): string | undefined =>
  node?.type === "Identifier" ? String(node["name"]) : undefined

/** `2 ** 24` and `2 ** -24`: powers that every engine gets right. */
function isPowerOfTwo({ left, right }: Record<string, unknown>): boolean {
  const literal = (node: SyntaxNode) => (node.type === "Literal" ? node["value"] : undefined)
  const exponent = right as SyntaxNode
  const size = literal(exponent.type === "UnaryExpression" ? (exponent["argument"] as SyntaxNode) : exponent)
  return literal(left as SyntaxNode) === 2 && Number.isInteger(size)
}

/** What a file uses that may differ, in words. */
function differing(text: string): Array<string> {
  const found: Array<string> = []
  const inMember = new Set<unknown>()
  walk(parse(text, "ts"), (node) => {
    if (node.type === "MemberExpression") {
      const property = node["property"] as SyntaxNode
      const name = node["computed"] === true ? undefined : nameOf(property)
      if (nameOf(node["object"] as SyntaxNode) === "Math") {
        inMember.add(node["object"])
        if (name === undefined || !exact.has(name)) found.push(`Math.${name ?? "[…]"}`)
      }
      if (name !== undefined && byLocale.test(name)) found.push(name)
    }
    if (nameOf(node) === "Math" && !inMember.has(node)) found.push("Math, as a value")
    if (nameOf(node) === "Intl") found.push("Intl")
    if (node.type === "BinaryExpression" && node["operator"] === "**" && !isPowerOfTwo(node)) found.push("**")
    if (node.type === "AssignmentExpression" && node["operator"] === "**=") found.push("**=")
    if (
      node.type === "Literal" &&
      /\\p\{/i.test(String((node["regex"] as { pattern: string } | undefined)?.pattern))
    )
      found.push("\\p{…}")
    if (/^Import(Declaration|Expression)$/.test(node.type)) {
      const source = String((node["source"] as SyntaxNode)["value"])
      if (modules.test(source)) found.push(source)
    }
    return true
  })
  return [...new Set(found)]
}

const files = ["src", "stages", "pipelines"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
    .map((name) => join(folder, name))
)

it("neither src, stages nor pipelines use it", () => {
  const found = files.flatMap((file) =>
    differing(readFileSync(join(root, file), "utf8")).map((what) => `${file}: ${what}`)
  )
  expect(files.length).toBeGreaterThan(200)
  expect(found.filter((line) => !Object.hasOwn(allowed, line))).toEqual([])
  expect(Object.keys(allowed).filter((line) => !found.includes(line))).toEqual([])
})

it.each([
  ["Math.exp(x)", "Math.exp"],
  ["Math?.tanh(x)", "Math.tanh"],
  ['Math["log"](x)', "Math.[…]"],
  ["const { sin } = Math", "Math, as a value"],
  ["xs.map(Math.cbrt)", "Math.cbrt"],
  ["Math.random()", "Math.random"],
  ["x ** 2", "**"],
  ["10 ** -4", "**"],
  ["2 ** x", "**"],
  ["2 ** 0.5", "**"],
  ["x **= 2", "**="],
  ["a.localeCompare(b)", "localeCompare"],
  ["x.toLocaleString()", "toLocaleString"],
  ['x.normalize("NFC")', "normalize"],
  ["new Intl.Collator()", "Intl"],
  ["/\\p{L}/u.test(x)", "\\p{…}"],
  ['import { deflateSync } from "node:zlib"', "node:zlib"],
  ['await import("zlib")', "zlib"]
])("sees %s", (text, what) => {
  expect(differing(text)).toEqual([what])
})

it("lets exact arithmetic pass", () => {
  expect(differing("Math.sqrt(x) + 2 ** 32 - 2 ** -24 * Math.PI + Math.fround(x) + object.exp(x)")).toEqual(
    []
  )
})

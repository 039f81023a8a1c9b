/** Law 4: changing a stage's function or a helper it uses changes its digest; nothing else does. */
import { renameSync, symlinkSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { digestExport } from "../../../src/load/digest-code.ts"
import { type Files, folderOf, imports, write } from "./project.ts"

const code = (files: Files, module = "a.ts", name = "subject", helpers = {}) => {
  const folder = folderOf(files)
  return digestExport(path.join(folder, module), name, { folder, helpers })
}
const digest = async (...given: Parameters<typeof code>) => (await code(...given)).digest

const base = {
  "a.ts": `${imports}import { helper } from "./lib/helper.ts"
export const subject = defineStage.whole("subject", { inputs: {}, output: table({ n: column.int32() }), compute: async () => [{ n: helper(1) }] })
export const sibling = defineStage.whole("sibling", { inputs: {}, output: table({ n: column.int32() }), compute: async () => [{ n: 1 }] })
`,
  "lib/helper.ts": `const step = 1
export const helper = (x: number): number => x + step
export const other = (x: number): number => x * 2
`
}
const edit = (file: keyof typeof base, from: string, to: string): Files => {
  const text = base[file].replace(from, to)
  if (text === base[file]) throw new Error(`"${from}" is not in ${file}`)
  return { ...base, [file]: text }
}

describe("a stage's digest does not change with", () => {
  const same: Readonly<Record<string, Files>> = {
    "the folder of the project": base,
    "a comment": edit("a.ts", "async () => [{ n: helper", "/* why */ async () => // how\n [{ n: helper"),
    "a comment in a helper": edit("lib/helper.ts", "const step", "/** the step */\nconst step"),
    "a legal comment": edit("lib/helper.ts", "const step", "/*! @license MIT */ const step"),
    "white space": edit("a.ts", "helper(1)", "helper(\n\n  1\n)"),
    "semicolons and quotes": edit("a.ts", '"./lib/helper.ts"', "'./lib/helper.ts';"),
    "a type": edit("lib/helper.ts", "(x: number): number => x + step", "(x: 1 | 2) => (x + step) as number"),
    "an interface": edit("a.ts", "export const subject", "interface Row { n: number }\nexport const subject"),
    "a sibling stage": edit("a.ts", "[{ n: 1 }]", "[{ n: 2 }]"),
    "a sibling stage taken out": { ...base, "a.ts": base["a.ts"].split("export const sibling")[0]! },
    "a sibling export of a helper": edit("lib/helper.ts", "x * 2", "x * 3"),
    "a new sibling that calls what it likes": edit(
      "a.ts",
      "export const sibling",
      'import { z } from "./lib/z.ts"\nexport const schema = z(helper(3))\nexport const { a, ...rest } = schema\nexport const list = [1, 2].map(helper).sort()\nexport const sibling'
    ),
    "a sibling of the same name as a helper's variable": edit(
      "a.ts",
      "export const sibling",
      "const step = 5\nexport const five = step\nexport const sibling"
    ),
    "what the module exports as default": { ...base, "a.ts": `${base["a.ts"]}export default helper(4)\n` },
    "the pipeline of the same file": {
      ...base,
      "a.ts": `${base["a.ts"]}export default definePipeline("p", { params: {}, graph: () => ({ subject: subject("s", {}) }) })\n`
    },
    "its documentation": edit(
      "a.ts",
      'stage.whole("subject", {'.replace("stage", "Stage"),
      'Stage.whole("subject", { doc: "what it is for",'
    ),
    "its summary, and what that alone uses": edit(
      "a.ts",
      "compute: async () => [{ n: helper(1) }] })",
      'compute: async () => [{ n: helper(1) }], summary: (rows) => printed(rows), })\nconst printed = (rows: unknown) => ({ title: "t", columns: [], rows: [] })'
    ),
    "its row key, and what that alone uses": edit(
      "a.ts",
      "compute: async () => [{ n: helper(1) }] })",
      'rowKey: key, compute: async () => [{ n: helper(1) }] })\nconst key = ["n"] as const'
    ),
    "how the scheduler cuts and places it": edit(
      "a.ts",
      "compute: async () => [{ n: helper",
      "chunk: 4, isolate: true, compute: async () => [{ n: helper"
    )
  }
  for (const [what, files] of Object.entries(same))
    it(what, async () => {
      const more = { ...files, "lib/z.ts": "export const z = (x: number) => ({ a: x, b: 2 })\n" }
      expect(await digest(more)).toBe(await digest(base))
    })
})

describe("a stage's digest changes with", () => {
  const other: Readonly<Record<string, Files>> = {
    "its function": edit("a.ts", "n: helper(1)", "n: helper(2)"),
    "a helper that it uses": edit("lib/helper.ts", "x + step", "x - step"),
    "a constant of a helper": edit("lib/helper.ts", "step = 1", "step = 2"),
    "its columns": edit("a.ts", "column.int32()", "column.float64()"),
    "a statement of a module that it imports": edit(
      "lib/helper.ts",
      "export const other",
      "globalThis.name = 'x'\nexport const other"
    ),
    "a module that is imported for its effect": {
      ...edit("a.ts", "export const subject", 'import "./lib/setup.ts"\nexport const subject'),
      "lib/setup.ts": "Object.assign(globalThis, { step: 3 })\n"
    },
    "a declaration that acts on a variable it uses": edit(
      "lib/helper.ts",
      "(x: number): number => x + step",
      "(x: number): number => x + table[0]!\nconst table = [1]\nexport const size = table.push(2)"
    )
  }
  for (const [what, files] of Object.entries(other))
    it(what, async () => {
      expect(await digest(files)).not.toBe(await digest(base))
    })

  it("what such an effect does", async () => {
    const setup = (value: number) => ({
      ...edit("a.ts", "export const subject", 'import "./lib/setup.ts"\nexport const subject'),
      "lib/setup.ts": `Object.assign(globalThis, { step: ${value} })\n`
    })
    expect(await digest(setup(1))).not.toBe(await digest(setup(2)))
  })
})

describe("a parameter", () => {
  const withParam = (options: string) => ({
    "a.ts": `import { column, defineStage, param, table } from "probeline"
export const subject = defineStage.whole("subject", { inputs: {}, params: { n: param.int(${options}), box: param.struct({ doc: param.text({ default: "a" }) }) }, output: table({ n: column.int32() }), compute: async () => [] })`
  })
  it("may be documented anew without a change", async () => {
    const plain = await digest(withParam("{ default: 3 }"))
    expect(await digest(withParam('{ default: 3, doc: "three" }'))).toBe(plain)
    expect(await digest(withParam('{ doc: "three" + `!`, default: 3 }'))).toBe(plain)
    expect(await digest(withParam("{ default: 4 }"))).not.toBe(plain)
  })
  it("may itself be called doc", async () => {
    const plain = withParam("{ default: 3 }")
    const changed = { "a.ts": plain["a.ts"].replace('default: "a"', 'default: "b"') }
    expect(await digest(changed)).not.toBe(await digest(plain))
  })
})

describe("a module that is imported dynamically", () => {
  const files = (value: number, sibling = 1) => ({
    "a.ts": `${imports}export const subject = defineStage.whole("subject", { inputs: {}, output: table({ n: column.int32() }), compute: async () => { const { answer } = await import("./late.ts"); const s = await import("image-library"); return [{ n: answer + s.one }] } })`,
    "late.ts": `/** late */ export const answer = ${value}\nexport const sibling = ${sibling}\n`,
    "node_modules/image-library/package.json":
      '{ "name": "image-library", "version": "1.2.3", "main": "i.js" }',
    "node_modules/image-library/i.js": "exports.one = 1",
    "node_modules/image-library/unrelated.js": `${value}`
  })
  it("counts, but for what is not used of it", async () => {
    expect(await digest(files(2))).not.toBe(await digest(files(1)))
    expect(await digest(files(1, 2))).toBe(await digest(files(1)))
  })
  it("is named, and packages are named with their versions", async () => {
    const { modules, packages } = await code(files(1))
    expect(Object.keys(modules)).toEqual(["a.ts", "late.ts"])
    expect(packages).toEqual({ "image-library": "1.2.3" })
  })
  it("changes the digest when a package has another version", async () => {
    const newer = {
      ...files(1),
      "node_modules/image-library/package.json":
        '{ "name": "image-library", "version": "1.2.4", "main": "i.js" }'
    }
    expect(await digest(newer)).not.toBe(await digest(files(1)))
  })
})

describe("packages", () => {
  const package_ = (name: string, version: string): Files => ({
    [`node_modules/${name}/package.json`]: JSON.stringify({
      name,
      version,
      type: "module",
      exports: { ".": "./lib/i.js", "./deep": "./lib/i.js" }
    }),
    [`node_modules/${name}/lib/package.json`]: '{ "type": "module" }',
    [`node_modules/${name}/lib/i.js`]: "export const f = (x) => x"
  })
  it("count only where the stage uses them", async () => {
    const files = (version: string): Files => ({
      "a.ts": `${imports}import { f } from "@scope/used/deep"\nimport { f as g } from "unused"
export const subject = defineStage.whole("subject", { inputs: {}, output: table({ n: column.int32() }), compute: async () => [{ n: f(1) }] })
export const other = g(2)`,
      ...package_("@scope/used", "1.0.0"),
      ...package_("unused", version)
    })
    expect((await code(files("1.0.0"))).packages).toEqual({ "@scope/used": "1.0.0" })
    expect(await digest(files("2.0.0"))).toBe(await digest(files("1.0.0")))
  })
  it("of a workspace, linked from outside node_modules, are local code", async () => {
    const at = (value: number) => {
      const folder = folderOf({
        "app/a.ts": `${imports}import { f } from "kin"\nexport const subject = defineStage.whole("s", { inputs: {}, output: table({ n: column.int32() }), compute: async () => [{ n: f(1) }] })`,
        "kin/package.json": '{ "name": "kin", "version": "0.0.0", "exports": "./index.ts" }',
        "kin/index.ts": `export const f = (x: number) => x + ${value}`,
        "app/node_modules/.keep": ""
      })
      symlinkSync("../../kin", path.join(folder, "app", "node_modules", "kin"))
      return digestExport(path.join(folder, "app", "a.ts"), "subject", { folder: path.join(folder, "app") })
    }
    const one = await at(1)
    expect(Object.keys(one.modules)).toEqual(["../kin/index.ts", "a.ts"])
    expect(one.packages).toEqual({})
    expect((await at(2)).digest).not.toBe(one.digest)
  })
})

it("data that a stage imports is code", async () => {
  const files = (n: number) => ({
    "a.ts": `${imports}import data from "./data.json" with { type: "json" }\nexport const subject = defineStage.whole("s", { inputs: {}, output: table({ n: column.int32() }), compute: async () => [{ n: data.n }] })`,
    "data.json": JSON.stringify({ n })
  })
  expect(await digest(files(1))).not.toBe(await digest(files(2)))
})

it("a helper of probeline/stages counts by its own digest, where it is used", async () => {
  const files = {
    "a.ts": `${imports}import { decode, unused } from "probeline/stages"\nexport const subject = defineStage.whole("s", { inputs: {}, output: table({ n: column.int32() }), compute: async () => [{ n: decode(1) }] })\nexport const x = unused(3)`
  }
  const of = (decode: string, unused: string) => code(files, "a.ts", "subject", { decode, unused })
  const one = await of("a".repeat(64), "b")
  expect(one.modules["probeline/stages#decode"]).toBe("a".repeat(16))
  expect((await of("c".repeat(64), "b")).digest).not.toBe(one.digest)
  expect((await of("a".repeat(64), "c")).digest).toBe(one.digest)
})

it("a module's own digest says which module changed", async () => {
  const before = await code(base)
  const after = await code(edit("lib/helper.ts", "x + step", "x - step"))
  expect(after.modules["a.ts"]).toBe(before.modules["a.ts"])
  expect(after.modules["lib/helper.ts"]).not.toBe(before.modules["lib/helper.ts"])
  const commented = await code(edit("lib/helper.ts", "const step", "// the step\nconst step"))
  expect(commented.modules).toEqual(before.modules)
})

it("moving the project to another folder changes nothing", async () => {
  const folder = folderOf({ ...base, "elsewhere/.keep": "" })
  const before = await digestExport(path.join(folder, "a.ts"), "subject", { folder })
  for (const name of ["a.ts", "lib"])
    renameSync(path.join(folder, name), path.join(folder, "elsewhere", name))
  const moved = path.join(folder, "elsewhere")
  expect(await digestExport(path.join(moved, "a.ts"), "subject", { folder: moved })).toEqual(before)
})

it("a re-export has the digest of what it exports", async () => {
  const folder = folderOf(base)
  write(folder, { "index.ts": 'export { subject as renamed } from "./a.ts"\nexport * from "./a.ts"\n' })
  const direct = await digestExport(path.join(folder, "a.ts"), "subject", { folder })
  for (const name of ["renamed", "subject"])
    expect((await digestExport(path.join(folder, "index.ts"), name, { folder })).digest).toBe(direct.digest)
})

describe("two copies of one version of a package", () => {
  const stage = `${imports}import { value } from "dep"
export const subject = defineStage.whole("subject", { inputs: {}, output: table({ n: column.int32() }), compute: async () => [{ n: value }] })
`
  const copy = (name: string, value: number, main = "a.js"): Files => ({
    [`store/${name}/node_modules/dep/package.json`]: JSON.stringify({
      name: "dep",
      version: "1.0.0",
      type: "module",
      exports: `./${main}`
    }),
    [`store/${name}/node_modules/dep/a.js`]: `export const value = ${value}`,
    [`store/${name}/node_modules/dep/b.js`]: "export const value = 9"
  })
  const digestWith = (files: Files, name: string) => {
    const folder = folderOf({ "a.ts": stage, "node_modules/.keep": "", ...files })
    symlinkSync(
      path.join(folder, "store", name, "node_modules", "dep"),
      path.join(folder, "node_modules", "dep")
    )
    return digestExport(path.join(folder, "a.ts"), "subject", { folder })
  }
  it("have other digests where their files differ, and one where they are the same", async () => {
    const one = await digestWith(copy("one", 1), "one")
    expect((await digestWith(copy("two", 2), "two")).digest).not.toBe(one.digest)
    expect((await digestWith(copy("moved", 1), "moved")).digest).toBe(one.digest)
    expect(one.packages).toEqual({ dep: "1.0.0" })
  })
  it("have other digests where exports lead to another file", async () => {
    const [a, b] = await Promise.all([
      digestWith(copy("one", 1), "one"),
      digestWith(copy("one", 1, "b.js"), "one")
    ])
    expect(b.digest).not.toBe(a.digest)
  })
})

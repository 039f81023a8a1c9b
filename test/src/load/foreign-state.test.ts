/** State that a stage reads and that other code sets is refused when the pipeline is loaded, with its place. */
import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"
import { bundlePipeline } from "../../../src/load/bundle/bundle.ts"
import { Inputs } from "../../../src/load/bundle/inputs.ts"
import { ownPackage } from "../../../src/load/bundle/own-package.ts"
import { findState } from "../../../src/load/state/foreign-state.ts"
import { LoadError } from "../../../src/load/bundle/load-error.ts"
import { type Files, folderOf, imports, load, pipelineOf, root, stage, stagesOf } from "./project.ts"

/** Loads a pipeline and asks for its stages' codes, as opening it does. */
async function opened(files: Files): Promise<LoadError | null> {
  const folder = folderOf(files)
  for (const expected of [false, true]) {
    const loaded = await load(folder)
    expect(loaded.cached).toBe(expected)
    try {
      for (const each of Object.values(stagesOf(loaded))) loaded.codeOf(each)
    } catch (error) {
      if (!(error instanceof LoadError)) throw error
      if (expected) return error
      continue
    }
    if (expected) return null
  }
  return null
}

const reads = (expression: string, more = "") =>
  `${imports}${more}\n${stage("subject", `[{ n: Number(${expression}) }]`)}`
/** A pipeline file: imports, statements, and what its graph does before it uses the stage. */
const pipeline = (more: string, inGraph = "") =>
  `${imports}import { subject } from "./stages.ts"\n${more}\nexport default definePipeline("test", { params: {}, graph: () => { ${inGraph}; return { subject: subject("subject", {}) } } })\n`

interface Case {
  readonly name: string
  readonly files: Files
  /** the variable that the error names */
  readonly variable: string
}
const stateful = (
  name: string,
  variable: string,
  state: string,
  read: string,
  set: string,
  inGraph = ""
): Case => ({
  name,
  variable,
  files: {
    "state.ts": state,
    "stages.ts": reads(read, 'import * as state from "./state.ts"'),
    "pipeline.ts": pipeline(`import * as state from "./state.ts"\n${set}`, inGraph)
  }
})

const refused: ReadonlyArray<Case> = [
  stateful(
    "a setter that the pipeline file calls",
    "factor",
    "let factor = 1\nexport const configure = (n: number) => { factor = n }\nexport const current = () => factor",
    "state.current()",
    "state.configure(2)"
  ),
  stateful(
    "a setter that the graph calls",
    "factor",
    "let factor = 1\nexport function configure(n: number) { factor = n }\nexport const current = () => factor",
    "state.current()",
    "",
    "state.configure(2)"
  ),
  stateful(
    "a setter through another function",
    "factor",
    "let factor = 1\nconst configure = (n: number) => { factor = n }\nexport const prepare = () => configure(3)\nexport const current = () => factor",
    "state.current()",
    "const start = () => state.prepare()\nstart()"
  ),
  stateful(
    "a binding that is read directly",
    "factor",
    "export let factor = 1\nexport const configure = (n: number) => { factor += n }",
    "state.factor",
    "state.configure(2)"
  ),
  stateful(
    "a property of an object",
    "settings",
    "export const settings = { factor: 1 }",
    "state.settings.factor",
    "state.settings.factor = 2"
  ),
  stateful(
    "a nested property, by a name that is computed",
    "settings",
    "export const settings: any = { inner: { factor: 1 } }",
    "state.settings.inner.factor",
    'const key = "factor"\nstate.settings.inner[key] = 2'
  ),
  stateful(
    "Object.assign",
    "settings",
    "export const settings = { factor: 1 }",
    "state.settings.factor",
    "Object.assign(state.settings, { factor: 2 })"
  ),
  stateful(
    "delete",
    "settings",
    "export const settings: { factor?: number } = { factor: 1 }",
    "state.settings.factor",
    "delete state.settings.factor"
  ),
  stateful(
    "destructuring into it",
    "settings",
    "export const settings = { factor: 1 }",
    "state.settings.factor",
    "[state.settings.factor] = [2]"
  ),
  stateful(
    "a default export that is an object",
    "default",
    "export default { factor: 1 }",
    "state.default.factor",
    "state.default.factor++"
  ),
  stateful(
    "a registry, a Map",
    "registry",
    "export const registry = new Map<string, number>()",
    'state.registry.get("a")',
    'state.registry.set("a", 2)'
  ),
  stateful(
    "a registry, by a function of its module",
    "registry",
    "const registry = new Map<string, number>()\nexport const register = (name: string, n: number) => { registry.set(name, n) }\nexport const find = (name: string) => registry.get(name)",
    'state.find("a")',
    'state.register("a", 2)'
  ),
  stateful(
    "a registry that takes the first of a name",
    "registry",
    "const registry = new Map<string, number>()\nexport const register = (name: string, n: number) => { if (!registry.has(name)) registry.set(name, n) }\nexport const find = (name: string) => registry.get(name)",
    'state.find("a")',
    'state.register("a", 2)'
  ),
  stateful(
    "a list",
    "list",
    "export const list: Array<number> = []",
    "state.list.length",
    "state.list.push(1)"
  ),
  stateful("an array's cell", "list", "export const list = [1, 2]", "state.list[0]", "state.list[0] = 5"),
  stateful(
    "a typed array",
    "weights",
    "export const weights = new Float64Array(3)",
    "state.weights[0]",
    "state.weights.fill(2)"
  ),
  stateful(
    "an alias",
    "registry",
    "export const registry = new Map<string, number>()",
    'state.registry.get("a")',
    'const table = state.registry\nconst fill = () => { const other = table; other.set("a", 2) }\nfill()'
  ),
  stateful(
    "an alias by destructuring",
    "settings",
    "export const settings = { inner: { factor: 1 } }",
    "state.settings.inner.factor",
    "const { inner } = state.settings\ninner.factor = 2"
  ),
  stateful(
    "an argument of a function that changes it",
    "registry",
    "export const registry = new Map<string, number>()",
    'state.registry.get("a")',
    'const fill = (table: Map<string, number>) => { table.set("a", 2) }\nfill(state.registry)'
  ),
  stateful(
    "a loop over it",
    "rows",
    "export const rows = [{ n: 1 }]",
    "state.rows[0].n",
    "for (const row of state.rows) row.n = 2"
  ),
  stateful(
    "a callback over it",
    "rows",
    "export const rows = [{ n: 1 }]",
    "state.rows[0].n",
    "state.rows.forEach((row) => { row.n = 2 })"
  ),
  stateful(
    "what a function hands out",
    "settings",
    "const settings = { factor: 1 }\nexport const get = () => settings",
    "state.get().factor",
    "state.get().factor = 2"
  ),
  stateful(
    "an element that a Map hands out",
    "table",
    'export const table = new Map([["a", { n: 1 }]])',
    'state.table.get("a")!.n',
    'state.table.get("a")!.n = 2'
  ),
  stateful(
    "a static field of a class",
    "Settings",
    "export class Settings { static factor = 1 }",
    "state.Settings.factor",
    "state.Settings.factor = 2"
  ),
  stateful(
    "a static method of a class",
    "Settings",
    "export class Settings { static #factor = 1; static configure(n: number) { Settings.#factor = n } static current() { return Settings.#factor } }",
    "state.Settings.current()",
    "state.Settings.configure(2)"
  ),
  stateful(
    "an instance with private fields",
    "registry",
    "class Registry { #table = new Map<string, number>(); enroll(name: string, n: number) { this.#table.set(name, n) } find(name: string) { return this.#table.get(name) } }\nexport const registry = new Registry()",
    'state.registry.find("a")',
    'state.registry.enroll("a", 2)'
  ),
  stateful(
    "a setter in the language's sense",
    "settings",
    "export const settings = { n: 1, get factor() { return this.n }, set factor(n) { this.n = n } }",
    "state.settings.factor",
    "state.settings.factor = 2"
  ),
  stateful(
    "a singleton",
    "Registry",
    "export class Registry { static #one = new Registry(); factor = 1; static instance() { return Registry.#one } }",
    "state.Registry.instance().factor",
    "state.Registry.instance().factor = 2"
  ),
  stateful(
    "closures that share a variable",
    "store",
    "const makeStore = () => { let n = 1; return { change: (to: number) => { n = to }, current: () => n } }\nexport const store = makeStore()",
    "state.store.current()",
    "state.store.change(2)"
  ),
  stateful(
    "a pair of closures",
    "change",
    "const makeState = (n: number) => [() => n, (to: number) => { n = to }] as const\nexport const [current, change] = makeState(1)",
    "state.current()",
    "state.change(2)"
  ),
  stateful(
    "a function's property",
    "scale",
    "export const scale: any = (x: number) => x * (scale.factor ?? 1)",
    "state.scale(3)",
    "state.scale.factor = 2"
  ),
  stateful(
    "listeners",
    "bus",
    'import { EventEmitter } from "node:events"\nexport const bus = new EventEmitter()',
    'state.bus.listenerCount("a")',
    'state.bus.on("a", () => {})'
  ),
  stateful(
    "a class whose prototype is patched",
    "Scale",
    "export class Scale { factor() { return 1 } }",
    "new state.Scale().factor()",
    "state.Scale.prototype.factor = () => 2"
  ),
  stateful(
    "globalThis.X",
    "globalThis.factor",
    "export const current = () => (globalThis as any).factor",
    "state.current()",
    ";(globalThis as any).factor = 2"
  ),
  stateful(
    "globalThis in the graph",
    "globalThis.factor",
    "export {}",
    "(globalThis as any).factor",
    "",
    ";(globalThis as any).factor = 2"
  ),
  stateful(
    "global[…], read by its bare name",
    "globalThis.factor",
    "declare global { var factor: number }\nexport const current = () => factor",
    "state.current()",
    ';(global as any)["factor"] = 2'
  ),
  stateful(
    "globalThis under another name",
    "globalThis.factor",
    "const g = globalThis as any\nexport const current = () => g.factor",
    "state.current()",
    "const g = globalThis as any\ng.factor = 2"
  ),
  stateful(
    "Object.assign(globalThis, …)",
    "globalThis.factor",
    "export const current = () => (globalThis as any).factor",
    "state.current()",
    "Object.assign(globalThis, { factor: 2 })"
  ),
  stateful(
    "Object.defineProperty(globalThis, …)",
    "globalThis.factor",
    "export const current = () => (globalThis as any).factor",
    "state.current()",
    'Object.defineProperty(globalThis, "factor", { value: 2 })'
  ),
  stateful(
    "a global object's property",
    "globalThis.settings.factor",
    ";(globalThis as any).settings ??= {}\nexport const current = () => (globalThis as any).settings.factor",
    "state.current()",
    ";(globalThis as any).settings.factor = 2"
  ),
  stateful(
    "a function of JavaScript's own that is replaced",
    "globalThis.Math.random",
    "export {}",
    "Math.random()",
    "Math.random = () => 0.5"
  ),
  stateful(
    "what a list holds",
    "config",
    "export const config = { factor: 1 }",
    "state.config.factor",
    "const box = [state.config]\nbox[0]!.factor = 3"
  ),
  stateful(
    "what a shallow copy holds",
    "config",
    "export const config = { inner: { factor: 1 } }",
    "state.config.inner.factor",
    "const copy = { ...state.config }\ncopy.inner.factor = 3"
  ),
  stateful(
    "rows of a copied list",
    "rows",
    "export const rows = [{ n: 1 }]",
    "state.rows[0].n",
    "state.rows.slice()[0]!.n = 3"
  ),
  stateful(
    "a view of a typed array's memory",
    "weights",
    "export const weights = new Float64Array(2)",
    "state.weights[0]",
    "new Float64Array(state.weights.buffer)[0] = 4"
  ),
  stateful(
    "a part of a typed array",
    "weights",
    "export const weights = new Float64Array(2)",
    "state.weights[0]",
    "state.weights.subarray(0, 1)[0] = 3"
  ),
  stateful(
    "a registry of entries that name themselves",
    "registry",
    "const registry = new Map<string, { id: string, n: number }>()\nexport const register = (entry: { id: string, n: number }) => { registry.set(entry.id, entry) }\nexport const find = (name: string) => registry.get(name)?.n",
    'state.find("a")',
    'state.register({ id: "a", n: 2 })'
  ),
  stateful(
    "what a function gives to its callback",
    "settings",
    "const settings = { factor: 1 }\nexport const change = (by: (s: { factor: number }) => void) => { by(settings) }\nexport const current = () => settings.factor",
    "state.current()",
    "state.change((s) => { s.factor = 2 })"
  ),
  stateful(
    "a method that is called by call",
    "list",
    "export const list: Array<number> = []",
    "state.list.length",
    "Array.prototype.push.call(state.list, 1)"
  ),
  stateful(
    "a bound method",
    "registry",
    "export const registry = new Map<string, number>()",
    'state.registry.get("a")',
    'const add = state.registry.set.bind(state.registry)\nadd("a", 2)'
  ),
  stateful(
    "a namespace",
    "Settings",
    "export namespace Settings { export let factor = 1 }",
    "state.Settings.factor",
    "state.Settings.factor = 2"
  ),
  stateful(
    "a constructor that sets it",
    "factor",
    "let factor = 1\nexport class Configuration { constructor(n: number) { factor = n } }\nexport const current = () => factor",
    "state.current()",
    "new state.Configuration(2)"
  ),
  stateful(
    "a generator",
    "ids",
    "function* count() { let n = 0; for (;;) yield n++ }\nexport const ids = count()",
    "state.ids.next().value",
    "state.ids.next()"
  ),
  stateful(
    "the namespace of a module, passed on",
    "factor",
    "let factor = 1\nexport const configure = (n: number) => { factor = n }\nexport const current = () => factor",
    "state.current()",
    'const call = (of: any, name: string) => of[name](2)\ncall(state, "configure")'
  ),
  stateful(
    "a timer",
    "factor",
    "export let factor = 1\nexport const configure = (n: number) => { factor = n }",
    "state.factor",
    "setTimeout(() => { state.configure(2) })"
  ),
  {
    name: "an imported JSON file that is changed",
    variable: "default",
    files: {
      "state.json": '{ "factor": 1 }',
      "stages.ts": reads("state.factor", 'import state from "./state.json"'),
      "pipeline.ts": pipeline('import state from "./state.json"\nstate.factor = 2')
    }
  },
  {
    name: "a CommonJS module's variable",
    variable: "exports",
    files: {
      "state.cjs":
        "let factor = 1\nexports.configure = (n) => { factor = n }\nexports.current = () => factor",
      "stages.ts": reads("current()", 'import { current } from "./state.cjs"'),
      "pipeline.ts": pipeline('import { configure } from "./state.cjs"\nconfigure(2)')
    }
  },
  {
    name: "its own function, put in its place",
    variable: "subject",
    files: {
      "stages.ts": reads("1"),
      "pipeline.ts": pipeline(";(subject as any).stage.spec.compute = async () => [{ n: 2 }]")
    }
  },
  {
    name: "a variable that the graph sets from a parameter",
    variable: "factor",
    files: {
      "pipeline.ts": `${imports}let factor = 1\n${stage("subject", "[{ n: factor }]")}export default definePipeline("test", { params: {}, graph: ({ factor: given = 3 }: any) => { factor = given; return { subject: subject("s", {}) } } })`
    }
  },
  {
    name: "a registry that another module fills, by a statement",
    variable: "registry",
    files: {
      "registry.ts": "export const registry = new Map<string, () => number>()",
      "fill.ts": 'import { registry } from "./registry.ts"\nregistry.set("a", () => 2)',
      "stages.ts": reads('registry.get("a")?.()', 'import { registry } from "./registry.ts"'),
      "pipeline.ts": pipeline('import "./fill.ts"')
    }
  },
  {
    name: "a registry that another module fills, by a declaration",
    variable: "registry",
    files: {
      "registry.ts":
        "const registry = new Map<string, () => number>()\nexport const register = (name: string, f: () => number) => { registry.set(name, f); return f }\nexport const find = (name: string) => registry.get(name)",
      "fill.ts": 'import { register } from "./registry.ts"\nexport const two = register("a", () => 2)',
      "stages.ts": reads('find("a")?.()', 'import { find } from "./registry.ts"'),
      "pipeline.ts": pipeline('import "./fill.ts"')
    }
  },
  {
    name: "a setter that the stage's module calls too",
    variable: "factor",
    files: {
      "state.ts":
        "let factor = 1\nexport const configure = (n: number) => { factor = n }\nexport const current = () => factor",
      "stages.ts": reads("current()", 'import { configure, current } from "./state.ts"\nconfigure(5)'),
      "pipeline.ts": pipeline('import { configure } from "./state.ts"\nconfigure(2)')
    }
  },
  {
    name: "another stage that writes when it runs",
    variable: "count",
    files: {
      "stages.ts": `${imports}let count = 0\n${stage("subject", "[{ n: count }]")}${stage("other", "{ count += 1; return [{ n: 1 }] }")}`,
      "pipeline.ts": `${imports}import { other, subject } from "./stages.ts"\n${pipelineOf("subject", "other")}`
    }
  },
  {
    name: "what open reads",
    variable: "factor",
    files: {
      "pipeline.ts": `import { column, definePipeline, defineStage, each, one } from "probeline"\nlet factor = 1\nexport const items = defineStage.source("items", { item: "i", output: one({ n: column.int32() }), compute: async function* () {} })\nexport const subject = defineStage.itemwise("subject", { inputs: { items: each({ n: column.int32() }) }, output: one({ n: column.int32() }), open: () => factor, compute: (rows) => rows.map(() => ({ n: 1 })) })\nfactor = 2\nconst late = () => { factor = 3 }\nexport default definePipeline("test", { params: {}, graph: () => { late(); return { subject: subject("subject", { items: items("items", {}) }) } } })`
    }
  },
  {
    name: "a versioned stage",
    variable: "factor",
    files: {
      "pipeline.ts": `${imports}let factor = 1\n${stage("subject", "[{ n: factor }]", 'version: "1",')}export default definePipeline("test", { params: {}, graph: () => { factor = 2; return { subject: subject("s", {}) } } })`
    }
  },
  {
    name: "a versioned stage in the graph, around its parameters",
    variable: "factor",
    files: {
      "pipeline.ts": `${imports}export default definePipeline("test", { params: {}, graph: ({ factor = 1 }: any) => { const inner = defineStage.whole("inner", { version: "1", inputs: {}, output: table({ n: column.int32() }), compute: async () => [{ n: factor }] }); return { inner: inner("inner", {}) } } })`
    }
  },
  {
    name: "a module that is imported dynamically",
    variable: "factor",
    files: {
      "state.ts":
        "let factor = 1\nexport const configure = (n: number) => { factor = n }\nexport const current = () => factor",
      "stages.ts": `${imports}${stage("subject", '[{ n: (await import("./state.ts")).current() }]')}`,
      "pipeline.ts": pipeline('import { configure } from "./state.ts"\nconfigure(2)')
    }
  }
]

describe("a pipeline is refused whose stage reads", () => {
  for (const { name, files, variable } of refused)
    it(name, async () => {
      const error = await opened(files)
      expect(error?.tag).toBe("PipelineInvalid")
      expect(error?.message).toContain(variable)
      expect(error?.hint).toMatch(/parameters? of the stage/)
      expect(error?.line).toBeGreaterThan(0)
    })

  it("and the error names the variable, the change and the call, each with its place", async () => {
    const error = await opened(refused[0]!.files)
    expect(error?.file).toMatch(/state\.ts$/)
    expect(error?.line).toBe(1)
    expect(error?.message).toContain(
      '"factor" (state.ts:1), which other code sets at state.ts:2, called at pipeline.ts:4'
    )
  })
})

const allowed: Readonly<Record<string, Files>> = {
  "a class of a module that is imported dynamically": {
    "shapes.ts":
      "class Base { size = 2 }\nexport class Square extends Base { #side; constructor(side: number) { super(); this.#side = side } area() { return this.#side * this.size } }",
    "stages.ts": reads('new (await import("./shapes.ts")).Square(3).area()', ""),
    "pipeline.ts": pipeline("")
  },
  "a constant": {
    "stages.ts": reads("factor", "const factor = 3"),
    "pipeline.ts": pipeline("")
  },
  "a variable that its own function sets": {
    "stages.ts": reads("next()", "let count = 0\nconst next = () => { count += 1; return count }"),
    "pipeline.ts": pipeline("")
  },
  "a memo table that its own code fills": {
    "memo.ts":
      "const table = new Map<number, number>()\nexport const square = (n: number) => { let found = table.get(n); if (found === undefined) { found = n * n; table.set(n, found) } return found }",
    "stages.ts": reads("square(3)", 'import { square } from "./memo.ts"'),
    "pipeline.ts": pipeline("")
  },
  "a memo table that the pipeline and another stage fill by the same function": {
    "memo.ts":
      "const table: Record<number, number> = {}\nexport const square = (n: number) => (table[n] ??= n * n)",
    "stages.ts": `${reads("square(3)", 'import { square } from "./memo.ts"')}${stage("other", "[{ n: square(4) }]")}`,
    "pipeline.ts": `${imports}import { other, subject } from "./stages.ts"\nimport { square } from "./memo.ts"\nexport const four = square(2)\n${pipelineOf("subject", "other")}`
  },
  "a value that is computed once": {
    "memo.ts": "let table: Array<number> | null = null\nexport const primes = () => (table ??= [2, 3, 5])",
    "stages.ts": reads("primes()[0]", 'import { primes } from "./memo.ts"'),
    "pipeline.ts": pipeline('import { primes } from "./memo.ts"\nexport const first = primes()[0]')
  },
  "a registry that its own module fills": {
    "stages.ts": reads(
      'registry.get("a")',
      'const registry = new Map<string, number>()\nconst register = (name: string, n: number) => { registry.set(name, n) }\nregister("a", 2)'
    ),
    "pipeline.ts": pipeline("")
  },
  "a registry that a module which the stage imports fills": {
    "registry.ts": "export const registry = new Map<string, number>()",
    "fill.ts": 'import { registry } from "./registry.ts"\nregistry.set("a", 2)',
    "stages.ts": reads('registry.get("a")', 'import { registry } from "./registry.ts"\nimport "./fill.ts"'),
    "pipeline.ts": pipeline('import { registry } from "./registry.ts"\nexport const size = registry.size')
  },
  "a setter that nothing calls": {
    "state.ts":
      "let factor = 1\nexport const configure = (n: number) => { factor = n }\nexport const current = () => factor",
    "stages.ts": reads("current()", 'import { current } from "./state.ts"'),
    "pipeline.ts": pipeline("")
  },
  "state beside it that it does not read": {
    "state.ts":
      "let factor = 1\nexport const limit = 5\nexport const configure = (n: number) => { factor = n; return factor }",
    "stages.ts": reads("limit", 'import { limit } from "./state.ts"'),
    "pipeline.ts": pipeline('import { configure } from "./state.ts"\nconfigure(2)')
  },
  "what the pipeline reads, copies and passes on": {
    "state.ts": "export const names = [3, 1, 2]\nexport const lookup = new Map([[1, 2]])",
    "stages.ts": reads("names[0]! + lookup.size", 'import { names, lookup } from "./state.ts"'),
    "pipeline.ts": pipeline(
      'import { names, lookup } from "./state.ts"\nconst sorted = [...names].sort()\nsorted.push(4)\nconst copy = new Map(lookup)\ncopy.set(2, 3)\nfor (const name of names) console.error(name)\nexport const all = names.map((n) => n + 1)\nall.push(1)\nconst local = { names }\nlet at = names.length\nat += 1\nexport const total = at + local.names.length'
    )
  },
  "a name that another scope uses too": {
    "state.ts": "export const factor = 3",
    "stages.ts": reads("factor", 'import { factor } from "./state.ts"'),
    "pipeline.ts": pipeline("const change = () => { let factor = 1; factor = 2; return factor }\nchange()")
  },
  "a namespace of constants": {
    "state.ts": "export namespace Settings { export const factor = 1 }",
    "stages.ts": reads("Settings.factor", 'import { Settings } from "./state.ts"'),
    "pipeline.ts": pipeline('import { Settings } from "./state.ts"\nexport const twice = Settings.factor * 2')
  },
  "a CommonJS module that nothing changes": {
    "state.cjs": "let factor = 1\nexports.configure = (n) => { factor = n }\nexports.current = () => factor",
    "stages.ts": reads("current()", 'import { current } from "./state.cjs"'),
    "pipeline.ts": pipeline('import { current } from "./state.cjs"\nexport const now = current()')
  },
  "a local module that it imports when it runs, and the pipeline file too": {
    "late.ts": "export const late = 3",
    "stages.ts": `${imports}${stage("subject", '[{ n: (await import("./late.ts")).late }]')}${stage("other", '[{ n: (await import("./late.ts")).late }]')}`,
    "pipeline.ts": `${imports}import { other, subject } from "./stages.ts"\nimport { late } from "./late.ts"\nexport const three = late\n${pipelineOf("subject", "other")}`
  },
  "the standard streams, which others write to as well": {
    "stages.ts": `${reads('(process.stdout.write("a"), 1)')}${stage("other", '(process.stdout.write("b"), console.log("c"), process.stdout.isTTY ? [{ n: 1 }] : [{ n: 2 }])')}`,
    "pipeline.ts": `${imports}import { other, subject } from "./stages.ts"\nprocess.stdout.write("d")\nprocess.on("exit", () => {})\n${pipelineOf("subject", "other")}`
  },
  "a variable that its own compute changes": {
    "stages.ts": `${imports}let count = 0\nconst scratch = new Float64Array(4)\n${stage("subject", "{ scratch[0] = 2; count++; return [{ n: scratch[0] * count }] }")}`,
    "pipeline.ts": pipeline("")
  },
  "memoized functions, a value made once, and a class that caches, used by the pipeline too": {
    "memo.ts":
      "export const memoize = (f: (n: number) => number) => { const cache = new Map<number, number>(); return (n: number) => { if (!cache.has(n)) cache.set(n, f(n)); return cache.get(n)! } }\nexport const once = (f: () => number) => { let done = false; let value = 0; return () => { if (!done) { value = f(); done = true } return value } }\nexport class Cache { #made = new Map<number, number>(); at(n: number) { let found = this.#made.get(n); if (found === undefined) { found = n * n; this.#made.set(n, found) } return found } }",
    "stages.ts": reads(
      "square(2) + three() + cache.at(2)",
      'import { Cache, memoize, once } from "./memo.ts"\nexport const square = memoize((n) => n * n)\nexport const three = once(() => 3)\nexport const cache = new Cache()'
    ),
    "pipeline.ts": pipeline(
      'import { cache, square, three } from "./stages.ts"\nexport const all = square(3) + three() + cache.at(4)'
    )
  },
  "copies that the pipeline changes": {
    "state.ts": "export const config = { inner: { factor: 1 }, list: [1, 2] }",
    "stages.ts": reads("config.inner.factor", 'import { config } from "./state.ts"'),
    "pipeline.ts": pipeline(
      'import { config } from "./state.ts"\nconst copy: any = { ...config }\ncopy.other = 2\nconst names = [...config.list]\nnames.push(3)\nnames[0] = 4\nconst deep = structuredClone(config)\ndeep.inner.factor = 3\nconst box = [config.inner]\nbox.push({ factor: 3 })\nconst sorted = config.list.slice().sort()\nsorted[0] = 9'
    )
  },
  "an enumeration": {
    "stages.ts": reads("Kind.B", "enum Kind { A, B }"),
    "pipeline.ts": pipeline("")
  },
  "a class with state of its own, an instance each": {
    "counter.ts": "export class Counter { #n = 0; add(n: number) { this.#n += n; return this.#n } }",
    "stages.ts": reads("new Counter().add(2)", 'import { Counter } from "./counter.ts"'),
    "pipeline.ts": pipeline('import { Counter } from "./counter.ts"\nnew Counter().add(3)')
  },
  "a scratch buffer that stages share": {
    "buffer.ts":
      "let room = new Float64Array(0)\nexport const roomFor = (n: number) => { if (room.length < n) room = new Float64Array(n); return room }",
    "stages.ts": `${reads("roomFor(2).length", 'import { roomFor } from "./buffer.ts"')}${stage("other", "[{ n: roomFor(4).length }]")}`,
    "pipeline.ts": `${imports}import { other, subject } from "./stages.ts"\n${pipelineOf("subject", "other")}`
  },
  "globals that nothing here assigns, and others that no stage reads": {
    "stages.ts": reads("Math.max(1, Number(process.env.FACTOR ?? 1))"),
    "pipeline.ts": pipeline(
      ";(globalThis as any).forPlots = 1\nError.stackTraceLimit = 50\nprocess.exitCode = 0\nprocess.env.FACTOR = '2'"
    )
  },
  "its parameters, where the graph passes what it likes": {
    "pipeline.ts": `import { column, definePipeline, defineStage, param, table } from "probeline"\nlet factor = 1\nexport const subject = defineStage.whole("subject", { inputs: {}, params: { factor: param.number() }, output: table({ n: column.float64() }), compute: async (_, { factor }) => [{ n: factor }] })\nexport default definePipeline("test", { params: {}, graph: () => { factor = 2; return { subject: subject("s", { factor }) } } })`
  },
  "a stage made by a function, whose argument is written out": {
    "pipeline.ts": `${imports}const make = (n: number) => defineStage.whole("made", { inputs: {}, output: table({ n: column.int32() }), compute: async () => [{ n }] })\nexport const subject = make(2)\n${pipelineOf("subject")}`
  },
  "a summary that other code styles": {
    "pipeline.ts": `${imports}let digits = 2\nexport const subject = defineStage.whole("subject", { inputs: {}, output: table({ n: column.int32() }), compute: async () => [{ n: 1 }], summary: (rows) => ({ title: String(digits), columns: [], rows: [] }) })\nexport default definePipeline("test", { params: {}, graph: () => { digits = 3; return { subject: subject("s", {}) } } })`
  }
}

describe("a pipeline is accepted whose stage reads", () => {
  for (const [name, files] of Object.entries(allowed))
    it(name, async () => {
      expect((await opened(files))?.message).toBeUndefined()
    })
})

it("the shipped stages are accepted as a user's own code: some 400 kB of it", async () => {
  const folder = folderOf({})
  for (const part of ["stages", "src/support"])
    cpSync(path.join(root, part), path.join(folder, part), { recursive: true })
  const stages = path.join(folder, "stages")
  for (const name of readdirSync(stages, { recursive: true, encoding: "utf8" })) {
    const file = path.join(stages, name)
    if (!name.endsWith(".ts")) continue
    writeFileSync(
      file,
      readFileSync(file, "utf8").replace(/from "(\.\.\/)+src\/index\.ts"/g, 'from "probeline"')
    )
  }
  // where its packages are
  const index = path.join(stages, "index.ts")
  cpSync(path.join(root, "package.json"), path.join(folder, "package.json"))
  symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"))
  const bundle = await bundlePipeline(index, ownPackage(), new Inputs())
  const { foreignTo, enclosed } = findState(bundle, stages, (module) => bundle.imports.get(module) ?? [])
  const names = [...readFileSync(index, "utf8").matchAll(/\bexport \{ (\w+)/g)].map((match) => match[1]!)
  expect(names).toContain("fitProbes")
  const found = names.flatMap((name) => foreignTo("index.ts", name))
  // two scratch registers that code outside of a stage uses while it loads: nobody can see that each use overwrites them
  expect(new Set(found.map(({ declared }) => path.basename(declared!.file)))).toEqual(
    new Set(["float-words.ts"])
  )
  expect(enclosed.size).toBe(0)
})

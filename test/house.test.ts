/** The house keeps its floors: arrows between rooms only go down, none in a circle, and nobody climbs in by a window. */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { expect, it } from "vitest"

const root = resolve(import.meta.dirname, "..")
/** The floors, the lowest first: a room may import those on floors below its own, and those named beside it. */
const floors: ReadonlyArray<ReadonlyArray<string>> = [
  ["src/support"],
  ["src/pipeline"],
  ["src/index.ts"],
  ["src/store"],
  ["src/load", "src/plan"],
  ["src/run"],
  ["src/executors", "src/project"],
  ["src/inspect"],
  ["src/diff", "src/report"],
  ["src/cli"]
]
/** Each room and those that it may import from. */
const rooms: Readonly<Record<string, ReadonlyArray<string>>> = {
  ...Object.fromEntries(
    floors.flatMap((floor, i) => floor.map((room) => [room, floors.slice(0, i).flat()] as const))
  ),
  stages: ["src/index.ts", "src/support"],
  bin: [...floors.flat(), "stages"],
  pipelines: ["probeline"]
}
/** Imports within the project: [from, to], both relative to the root; packages by name. */
const files = ["bin", "src", "stages", "pipelines"].flatMap((folder) => listed(join(root, folder)))
function listed(folder: string): Array<string> {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? listed(join(folder, entry.name))
      : entry.name.endsWith(".ts") && !entry.name.endsWith(".d.ts")
        ? [join(folder, entry.name)]
        : []
  )
}
const roomOf = (file: string) =>
  Object.keys(rooms)
    .filter((room) => file === room || file.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0]
const imports = files.flatMap((file) => {
  const text = readFileSync(file, "utf8")
  const found = text.matchAll(
    /^(?:import|export)\b[^"';]*?from "([^"]+)"|\bimport\("([^"]+)"\)|^import "([^"]+)"/gm
  )
  return [...found].map((match) => {
    const to = (match[1] ?? match[2] ?? match[3])!
    return {
      from: relative(root, file),
      to: to.startsWith(".") ? relative(root, resolve(dirname(file), to)) : to,
      onlyTypes: /^(?:import|export) type\b/.test(match[0]),
      late: match[2] !== undefined
    }
  })
})

it("every file is in a room, and imports no file outside of them", () => {
  const names = files.map((file) => relative(root, file))
  expect(names.filter((file) => roomOf(file) === undefined)).toEqual([])
  const outside = imports.filter(({ to }) => /\.(ts|mjs|js)$/.test(to) && roomOf(to) === undefined)
  expect(outside.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
})

it("arrows between rooms only go down", () => {
  const wrong = imports.filter(({ from, to }) => {
    const [here, there] = [roomOf(from), roomOf(to)]
    if (there === undefined || here === undefined || here === there) return false
    return !rooms[here]!.includes(there)
  })
  expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
})

it("no stage reaches into another's folder: what they share lies beside them", () => {
  const stageOf = (file: string) => /^stages\/([^/]+)\//.exec(file)?.[1]
  const stages = new Set(files.flatMap((file) => /\/stages\/([^/]+)\/stage\.ts$/.exec(file)?.[1] ?? []))
  const wrong = imports.filter(({ from, to }) => {
    const [here, there] = [stageOf(from), stageOf(to)]
    return (
      here !== undefined && there !== undefined && here !== there && stages.has(here) && stages.has(there)
    )
  })
  expect(stages.size).toBeGreaterThan(6)
  expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
})

/** The circles among arrows, each once. */
function circlesOf(arrows: Iterable<readonly [from: string, to: string]>): ReadonlyArray<string> {
  const next = new Map<string, Set<string>>()
  for (const [from, to] of arrows) next.set(from, (next.get(from) ?? new Set()).add(to))
  const circles: Array<string> = []
  const done = new Set<string>()
  const walk = (at: string, path: ReadonlyArray<string>) => {
    if (path.includes(at)) circles.push([...path.slice(path.indexOf(at)), at].join(" → "))
    else if (!done.has(at)) {
      for (const to of next.get(at) ?? []) walk(to, [...path, at])
      done.add(at)
    }
  }
  for (const from of next.keys()) walk(from, [])
  return circles
}

it("no file imports itself through others, types included", () => {
  expect(circlesOf(imports.map(({ from, to }) => [from, to]))).toEqual([])
})

it("no folder imports itself through others, types included", () => {
  const local = imports.filter(({ to }) => roomOf(to) !== undefined)
  const folders = local.map(({ from, to }) => [dirname(from), dirname(to)] as const)
  expect(circlesOf(folders.filter(([from, to]) => from !== to))).toEqual([])
})

it("finds circles", () => {
  expect(
    circlesOf([
      ["a", "b"],
      ["b", "c"],
      ["c", "a"],
      ["c", "d"]
    ])
  ).toEqual(["a → b → c → a"])
})

it("no two files export things of one name", () => {
  const exported = files
    .filter((file) => !/\/(bin|pipelines)\//.test(file))
    .flatMap((file) =>
      Array.from(
        readFileSync(file, "utf8").matchAll(
          /^export (?:declare )?(?:abstract )?(?:async )?(?:interface|type|class|const|let|function\*?) (\w+)/gm
        ),
        ([, name]) => ({ name: name!, file: relative(root, file) })
      )
    )
  const places = new Map<string, Set<string>>()
  for (const { name, file } of exported) places.set(name, (places.get(name) ?? new Set()).add(file))
  expect(exported.length).toBeGreaterThan(500)
  expect([...places].filter(([, at]) => at.size > 1).map(([name, at]) => [name, ...at])).toEqual([])
})

const heavy =
  /^(effect|onnxruntime-node|sharp|apache-arrow|parquetjs-lite|hyparquet|rolldown|yargs|valibot|vega|vega-lite)(\/|$)/

it("declarations load neither Effect nor a native package, and stages know nothing of Effect", () => {
  const wrong = imports.filter(
    ({ from, to, onlyTypes }) =>
      !onlyTypes &&
      ((/^src\/(pipeline|support)\//.test(from) && heavy.test(to)) ||
        (from.startsWith("stages/") && /^effect(\/|$)/.test(to)))
  )
  expect(wrong).toEqual([])
})

it("a pipeline that imports the stages loads nothing heavy with them, nor does the program with their commands", () => {
  const loaded = new Set(["stages/index.ts", "stages/package.ts"])
  for (const file of loaded)
    for (const { from, to, onlyTypes, late } of imports)
      if (from === file && !onlyTypes && !late && roomOf(to) === "stages") loaded.add(to)
  expect(loaded.size).toBeGreaterThan(50)
  expect(
    imports.filter(
      ({ from, to, onlyTypes, late }) => loaded.has(from) && !onlyTypes && !late && heavy.test(to)
    )
  ).toEqual([])
})

it("only the store's file system and the reading of the outside touch node:fs in src, beside the loader and the command line", () => {
  const users = imports
    .filter(({ to }) => to === "node:fs" || to === "node:fs/promises")
    .map(({ from }) => from)
  const allowed =
    /^(src\/store\/files\/file-system\.ts|src\/support\/(make-folder|regular-file)\.ts|src\/plan\/world\.ts|src\/(load|project|inspect|cli)\/|bin\/|stages\/)/
  expect(users.filter((file) => !allowed.test(file))).toEqual([])
})

it("sees the imports that there are", () => {
  expect(imports.length).toBeGreaterThan(200)
  expect(imports).toContainEqual({
    from: "src/run/run.ts",
    to: "effect/Effect",
    onlyTypes: false,
    late: false
  })
  expect(imports.filter(({ to }) => to === "src/plan/plan.ts").length).toBeGreaterThan(3)
})

it("names from outside are no properties of plain objects: `own` looks them up, `emptyRecord` takes them", () => {
  const kinds: ReadonlyArray<readonly [instead: string, pattern: RegExp]> = [
    ["emptyRecord(), a Map or Object.fromEntries", /(?:const|let|#)\s?\w+: Record<string, [^=\n]*> = \{\}/g],
    ["a spread, which does not write to __proto__", /Object\.assign\((?!\s*(?:new Error\(|node, |stray, ))/g],
    [
      "Object.hasOwn",
      /(?<!const )\b(?:name|key|member|tap|family|field|column|port|param|id) in (?!Object\.prototype)[\w.#]+ *[)?&|]/g
    ]
  ]
  const code = (file: string) => readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "")
  const wrong = files.flatMap((file) =>
    kinds.flatMap(([instead, pattern]) =>
      Array.from(
        code(file).matchAll(pattern),
        ([found]) => `${relative(root, file)}: ${found}: use ${instead}`
      )
    )
  )
  expect(wrong).toEqual([])
})

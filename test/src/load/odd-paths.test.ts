/** Paths are not URLs: a project may lie in a folder whose name means something in one. */
import { mkdirSync, symlinkSync } from "node:fs"
import path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { expect, it } from "vitest"
import type * as Loader from "../../../src/load/load-pipeline.ts"
import {
  buildLoader,
  cacheOf,
  folderOf,
  imports,
  own,
  pipelineOf,
  stage,
  stagesOf,
  write
} from "./project.ts"

/** As Node runs it: the test runner has notions of its own about what a URL means. */
const loader = path.join(folderOf({}), "node_modules", "loader")
await buildLoader(loader)
write(loader, { "package.json": '{ "type": "module" }' })
const { loadPipeline } = (await import(pathToFileURL(path.join(loader, "load.js")).href)) as typeof Loader
const load = (folder: string, file = "pipeline.ts") =>
  loadPipeline(path.join(folder, file), { cacheFolder: cacheOf(folder), own: own() })
const loadError = (folder: string, file?: string) =>
  load(folder, file).then(
    () => null,
    (error: unknown) => error
  )

const project = {
  "package.json": '{ "type": "module", "imports": { "#mapped": "./lib/mapped.ts" } }',
  "tsconfig.json": '{ "compilerOptions": { "paths": { "@/*": ["./lib/*"] } } }',
  "pipeline.ts": `${imports}import { exact } from "./lib/exact.ts"
import { short } from "./lib/short"
import { mapped } from "#mapped"
import { packed } from "packed"
import { kin } from "kin"
${stage("mine", "[{ n: [exact, short, mapped, packed, kin, import.meta.filename, import.meta.url] }]")}${pipelineOf("mine")}`,
  "lib/exact.ts": "export const exact: number = 1\n",
  "lib/short.ts": "export const short: number = 2\n",
  "lib/mapped.ts": "export const mapped: number = 3\n",
  "node_modules/packed/package.json":
    '{ "name": "packed", "version": "1.0.0", "type": "module", "exports": "./i.js" }',
  "node_modules/packed/i.js": "export const packed = 4\n",
  "kin/package.json": '{ "name": "kin", "version": "1.0.0", "exports": "./k.ts" }',
  "kin/k.ts": "export const kin: number = 5\n"
}

const names = [
  "what?",
  "a#b",
  "a b",
  "100%",
  "50%41",
  "%3F",
  "a?b#c",
  "it's",
  'q"q',
  "`${x}`",
  "é",
  "a&b;c",
  "[x]{y}(z)",
  "new\nline",
  "file:",
  "@scope",
  "~",
  "-"
]
for (const name of names)
  it(`a project in a folder named ${JSON.stringify(name)}`, async () => {
    const folder = path.join(folderOf({}), name)
    mkdirSync(folder)
    write(folder, project)
    symlinkSync("../kin", path.join(folder, "node_modules/kin"))
    const plain = folderOf(project)
    symlinkSync("../kin", path.join(plain, "node_modules/kin"))
    const file = path.join(folder, "pipeline.ts")

    const loaded = await load(folder)
    const mine = stagesOf(loaded)["mine"]!
    const rows = await mine.spec.compute({}, {}, {})
    expect(rows).toEqual([{ n: [1, 2, 3, 4, 5, file, pathToFileURL(file).href] }])
    // where a project lies is no part of its code, but for what the code itself says of it
    const other = await load(plain)
    expect(Object.keys(loaded.codeOf(mine).modules)).toEqual(
      Object.keys(other.codeOf(stagesOf(other)["mine"]!).modules)
    )
    expect((await load(folder)).cached).toBe(true)
    // a worker process imports it by this address
    const { url } = loaded.placeOf(mine)!
    expect(path.dirname(fileURLToPath(url))).toBe(cacheOf(folder))

    write(folder, { "lib/exact.ts": "export const exact: number = 7\n" })
    expect((await load(folder)).cached).toBe(false)
    write(folder, { "lib/exact.ts": 'export const exact: number = 7\nthrow new Error("boom")\n' })
    expect(await loadError(folder)).toMatchObject({ file: path.join(folder, "lib/exact.ts"), line: 2 })
  })

for (const name of ["what?.ts", "a#b.ts", "100%.ts", "a b.ts", "%3F.ts"])
  it(`a pipeline file named ${name}, beside one that a URL would mean`, async () => {
    const text = `${imports}${stage("mine", "[{ n: 1 }]")}${pipelineOf("mine")}`
    const folder = folderOf({ [name]: text, "what.ts": "no pipeline", "a.ts": "no pipeline" })
    const loaded = await load(folder, name)
    expect(loaded.codeOf(stagesOf(loaded)["mine"]!).modules).toHaveProperty([name])
    expect((await load(folder, name)).cached).toBe(true)
    write(folder, { [name]: text.replace("n: 1", "n: 2") })
    expect((await load(folder, name)).cached).toBe(false)
  })

it("says where a file URL leads to nothing", async () => {
  const folder = folderOf({})
  const missing = pathToFileURL(path.join(folder, "helper.ts")).href
  write(folder, {
    "pipeline.ts": `${imports}import "${missing}"\n`,
    "helpers.ts": "",
    "other.ts": 'import "file://elsewhere/helper.ts"\n'
  })
  expect(await loadError(folder)).toMatchObject({ message: `cannot find "${missing}"`, line: 2 })
  expect(await loadError(folder, "other.ts")).toMatchObject({
    message: '"file://elsewhere/helper.ts" is not a local file',
    line: 1
  })
})

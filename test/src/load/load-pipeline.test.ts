import { execFileSync } from "node:child_process"
import {
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"
import {
  buildLoader,
  cacheOf,
  type Files,
  folderOf,
  imports,
  load,
  own,
  ownFiles,
  pipelineOf,
  stage,
  stagesOf,
  write
} from "./project.ts"
import { packageAt } from "../../../src/load/bundle/own-package.ts"
import { loadPipeline } from "../../../src/load/load-pipeline.ts"

const simple: Files = {
  "pipeline.ts": `${imports}import { helper } from "./lib/helper.ts"\n${stage("mine", "[{ n: helper(1) }]")}${pipelineOf("mine")}`,
  "lib/helper.ts": "export const helper = (x: number): number => x + 1\n"
}
const compute = (loaded: Awaited<ReturnType<typeof load>>, id: string) =>
  stagesOf(loaded)[id]!.spec.compute({}, {}, {}) as Promise<ReadonlyArray<Record<string, unknown>>>

describe("a pipeline file", () => {
  it("loads with its local modules, from any folder", async () => {
    const folder = folderOf(simple)
    const loaded = await load(folder)
    expect(loaded.pipeline.name).toBe("test")
    expect(loaded.folder).toBe(folder)
    expect(loaded.inputs).toEqual(
      expect.arrayContaining([path.join(folder, "pipeline.ts"), path.join(folder, "lib/helper.ts")])
    )
    expect(await compute(loaded, "mine")).toEqual([{ n: 2 }])
  })

  it("is bound to the running Probeline, even if another one is installed beside it", async () => {
    const folder = folderOf({
      ...simple,
      "node_modules/probeline/package.json":
        '{ "name": "probeline", "version": "9.9.9", "exports": "./none.js" }'
    })
    expect((await load(folder)).pipeline.name).toBe("test")
  })

  it("may lie in node_modules itself, as shipped pipelines do", async () => {
    const folder = folderOf(
      Object.fromEntries(
        Object.entries(simple).map(([name, text]) => [`node_modules/probeline/pipelines/${name}`, text])
      )
    )
    const loaded = await load(path.join(folder, "node_modules/probeline/pipelines"))
    expect(loaded.stageOf(stagesOf(loaded)["mine"]!)).toMatchObject({ module: "pipeline.ts", export: "mine" })
  })

  it("keeps import.meta.url, filename and dirname of each module", async () => {
    const folder = folderOf({
      "pipeline.ts": `${imports}import { here } from "./lib/here.ts"\nconst emoji = "🎉"; export const mine = defineStage.whole("mine", { inputs: {}, output: table({ n: column.int32() }), compute: async () => [{ emoji, here, url: import.meta.url, data: new URL("./data.txt", import.meta.url).href } as any] })\n${pipelineOf("mine")}`,
      "lib/here.ts": "export const here = [import.meta.filename, import.meta.dirname]\n"
    })
    const [row] = await compute(await load(folder), "mine")
    expect(row).toEqual({
      emoji: "🎉",
      here: [path.join(folder, "lib/here.ts"), path.join(folder, "lib")],
      url: `file://${folder}/pipeline.ts`,
      data: `file://${folder}/data.txt`
    })
  })

  it("imports packages from its own node_modules, and linked workspace packages as local code", async () => {
    const folder = folderOf({
      "app/pipeline.ts": `${imports}import { one } from "plain"\nimport { two } from "kin"\nimport fs from "node:fs"\n${stage("mine", "[{ n: one + two + Object.keys(fs).length * 0 }]")}${pipelineOf("mine")}`,
      "app/node_modules/plain/package.json":
        '{ "name": "plain", "version": "1.0.0", "main": "i.js", "module": "wrong.js" }',
      "app/node_modules/plain/i.js": "exports.one = 1",
      "kin/package.json": '{ "name": "kin", "version": "0.0.0", "type": "module", "exports": "./index.ts" }',
      "kin/index.ts": "export const two: number = 2"
    })
    symlinkSync("../../kin", path.join(folder, "app/node_modules/kin"))
    const loaded = await load(path.join(folder, "app"))
    expect(await compute(loaded, "mine")).toEqual([{ n: 3 }])
    expect(loaded.codeOf(stagesOf(loaded)["mine"]!)).toMatchObject({
      packages: { plain: "1.0.0" },
      modules: { "../kin/index.ts": expect.any(String) }
    })
    expect(loaded.inputs).toContain(path.join(folder, "app/node_modules/plain/package.json"))
  })

  it("may import a module when it is needed, and use what Node 20 does not know yet", async () => {
    const folder = folderOf({
      "pipeline.ts": `${imports}${stage("mine", '{ using held = { [Symbol.dispose]: () => {}, n: (await import("./late.ts")).late }; return [held] }')}${pipelineOf("mine")}`,
      "late.ts": "(globalThis as any).lateLoaded = true\nexport const late = 3\n"
    })
    const loaded = await load(folder)
    expect("lateLoaded" in globalThis).toBe(false)
    expect(await compute(loaded, "mine")).toMatchObject([{ n: 3 }])
    expect("lateLoaded" in globalThis).toBe(true)
  })

  it("may be written with the paths of its tsconfig.json", async () => {
    const folder = folderOf({
      "tsconfig.json": '{ "compilerOptions": { "paths": { "#lib/*": ["./lib/*"] } } }',
      "pipeline.ts": simple["pipeline.ts"]!.replace("./lib/helper.ts", "#lib/helper.ts"),
      "lib/helper.ts": simple["lib/helper.ts"]!,
      "other/helper.ts": "export const helper = (x: number) => x * 100"
    })
    expect(await compute(await load(folder), "mine")).toEqual([{ n: 2 }])
    write(folder, { "tsconfig.json": '{ "compilerOptions": { "paths": { "#lib/*": ["./other/*"] } } }' })
    expect(await compute(await load(folder), "mine")).toEqual([{ n: 100 }])
  })
})

describe("stageOf", () => {
  it("finds a stage in the module that declares it, also through a re-export", async () => {
    const folder = folderOf({
      "pipeline.ts": `import { definePipeline } from "probeline"\nimport { mine } from "./stages/index.ts"\nexport { mine as again }\n${pipelineOf("mine")}`,
      "stages/index.ts": 'export * from "./mine.ts"\n',
      "stages/mine.ts": imports + stage("mine", "[]")
    })
    const loaded = await load(folder)
    const mine = stagesOf(loaded)["mine"]!
    expect(loaded.stageOf(mine)).toMatchObject({
      module: "stages/mine.ts",
      export: "mine",
      shipped: false,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      packages: {}
    })
    const { url, module, export: name } = loaded.placeOf(mine)!
    const bundle = (await import(url)) as { modules: Record<string, Record<string, { stage: unknown }>> }
    expect(bundle.modules[module!]![name]!.stage).toBe(mine)
    expect(loaded.stageOf(bundle.modules[module!]![name] as never)).toEqual(loaded.stageOf(mine))
  })

  it("knows shipped stages by the table that the build made", async () => {
    const folder = folderOf({
      "pipeline.ts": `import { definePipeline } from "probeline"\nimport { shippedStage } from "probeline/stages"\n${pipelineOf("shippedStage")}`
    })
    const loaded = await load(folder)
    const shipped = stagesOf(loaded)["shippedStage"]!
    expect(loaded.codeOf(shipped)).toEqual({
      module: "probeline/stages",
      export: "shippedStage",
      shipped: true,
      digest: "5".repeat(64),
      modules: { "stages/shipped.ts": "1" },
      packages: { sharp: "1.0.0" }
    })
    expect(loaded.placeOf(shipped)).toEqual({ url: own().stages, module: null, export: "shippedStage" })
  })

  it("knows the helpers that a stage takes from probeline/stages", async () => {
    const folder = folderOf({
      "pipeline.ts": `${imports}import { shippedHelper } from "probeline/stages"\n${stage("mine", "[{ n: shippedHelper(1) }]")}${pipelineOf("mine")}`
    })
    const loaded = await load(folder)
    expect(loaded.codeOf(stagesOf(loaded)["mine"]!).modules["probeline/stages#shippedHelper"]).toBe(
      "6".repeat(16)
    )
  })

  it("names a package and its version for a stage that a package brings", async () => {
    const files = (version: string): Files => ({
      "pipeline.ts": `import { definePipeline } from "probeline"\nimport { theirs } from "their-stages"\n${pipelineOf("theirs")}`,
      "node_modules/their-stages/package.json": JSON.stringify({
        name: "their-stages",
        version,
        type: "module",
        exports: "./i.js"
      }),
      "node_modules/their-stages/i.js":
        'export const theirs = Object.assign((id, args) => ({ id, args, stage: theirs.stage }), { stage: { name: "theirs", kind: "whole", spec: { compute() {} } } })'
    })
    const codeIn = async (folder: string) => {
      const loaded = await load(folder)
      return loaded.codeOf(stagesOf(loaded)["theirs"]!)
    }
    const folder = folderOf(files("1.0.0"))
    const code = await codeIn(folder)
    expect(code).toMatchObject({
      module: "their-stages",
      export: "theirs",
      shipped: false,
      packages: { "their-stages": "1.0.0" }
    })
    expect((await codeIn(folderOf(files("1.0.0")))).digest).toBe(code.digest)
    write(folder, files("1.1.0"))
    expect((await codeIn(folder)).digest).not.toBe(code.digest)
  })

  it("takes a version for the code, whatever the code is", async () => {
    const digest = async (version: string, body: string, exported = true) => {
      const text = stage("mine", body, `version: "${version}",`)
      const loaded = await load(
        folderOf({
          "pipeline.ts": imports + (exported ? text : text.replace("export ", "")) + pipelineOf("mine")
        })
      )
      return loaded.codeOf(stagesOf(loaded)["mine"]!).digest
    }
    const one = await digest("1", "[]")
    expect(await digest("1", "[{ n: 1 }]")).toBe(one)
    expect(await digest("1", "[]", false)).toBe(one)
    expect(await digest("2", "[]")).not.toBe(one)
  })

  it("gives null for a stage that is not exported, and codeOf says what to do", async () => {
    const folder = folderOf({
      "pipeline.ts": imports + stage("mine", "[]").replace("export ", "") + pipelineOf("mine")
    })
    const loaded = await load(folder)
    const hidden = stagesOf(loaded)["mine"]!
    expect(loaded.stageOf(hidden)).toBeNull()
    expect(loaded.placeOf(hidden)).toBeNull()
    expect(() => loaded.codeOf(hidden)).toThrow(
      expect.objectContaining({
        tag: "PipelineInvalid",
        file: path.join(folder, "pipeline.ts"),
        line: 2,
        hint: expect.stringMatching(/export it.*version: "1"/)
      })
    )
  })

  it("sees an edit of a helper, and none of a comment, over loads of one cache", async () => {
    const folder = folderOf(simple)
    const digest = async () => {
      const loaded = await load(folder)
      return [loaded.cached, loaded.codeOf(stagesOf(loaded)["mine"]!).digest] as const
    }
    const [, first] = await digest()
    write(folder, { "lib/helper.ts": `// plus one\n${simple["lib/helper.ts"]}` })
    expect(await digest()).toEqual([false, first])
    expect(await digest()).toEqual([true, first])
    write(folder, { "lib/helper.ts": "export const helper = (x: number): number => x - 1\n" })
    const [cached, changed] = await digest()
    expect(cached).toBe(false)
    expect(changed).not.toBe(first)
  })
})

describe("the cache", () => {
  /** Loads in a process of its own, and says how many of rolldown's files were loaded. */
  async function loadApart(folder: string) {
    const loader = path.join(folder, "node_modules", "loader")
    await buildLoader(loader)
    const options = { cacheFolder: cacheOf(folder), own: own() }
    write(loader, {
      "hooks.mjs":
        'import fs from "node:fs"\nexport const load = (url, context, next) => { if (url.includes("/rolldown/")) fs.appendFileSync(new URL("./seen.txt", import.meta.url), url + "\\n"); return next(url, context) }',
      "seen.txt": "",
      "main.mjs": `import { register } from "node:module"
register("./hooks.mjs", import.meta.url)
const { loadPipeline } = await import("./load.js")
const start = performance.now()
const loaded = await loadPipeline(${JSON.stringify(path.join(folder, "pipeline.ts"))}, ${JSON.stringify(options)})
const ms = performance.now() - start
console.log(JSON.stringify({ cached: loaded.cached, ms, digest: loaded.codeOf(loaded.pipeline.graph({}).mine.stage).digest }))`
    })
    const out = execFileSync(process.execPath, [path.join(loader, "main.mjs")], { encoding: "utf8" })
    const rolldownFiles = readFileSync(path.join(loader, "seen.txt"), "utf8").split("\n").length - 1
    return { ...(JSON.parse(out) as { cached: boolean; ms: number; digest: string }), rolldownFiles }
  }

  it("answers a second load without rolldown, though a package has to be resolved again", async () => {
    const folder = folderOf({
      ...simple,
      "lib/helper.ts": `import "dep"\n${simple["lib/helper.ts"]}`,
      "node_modules/dep/package.json": '{ "name": "dep", "version": "1.0.0", "main": "i.js" }',
      "node_modules/dep/i.js": "exports.x = 1"
    })
    const first = await loadApart(folder)
    expect(first).toMatchObject({ cached: false })
    expect(first.rolldownFiles).toBeGreaterThan(0)
    const second = await loadApart(folder)
    expect(second).toMatchObject({ cached: true, rolldownFiles: 0, digest: first.digest })
    console.log(`load: ${first.ms.toFixed(0)} ms, from the cache: ${second.ms.toFixed(1)} ms`)
  })

  const folderAfterLoad = async () => {
    const folder = folderOf({
      ...simple,
      "node_modules/dep/package.json": '{ "name": "dep", "version": "1.0.0", "main": "i.js" }',
      "node_modules/dep/i.js": "exports.x = 1"
    })
    write(folder, { "pipeline.ts": `import "dep"\n${simple["pipeline.ts"]}` })
    expect((await load(folder)).cached).toBe(false)
    expect((await load(folder)).cached).toBe(true)
    return folder
  }
  const cacheFile = (folder: string, ending: string) =>
    path.join(
      cacheOf(folder),
      readdirSync(cacheOf(folder)).find((name) => name.endsWith(ending))!
    )
  const spoils: Readonly<Record<string, (folder: string) => void>> = {
    "an entry cut short": (folder) => truncateSync(cacheFile(folder, ".json"), 100),
    "an entry that is no JSON": (folder) => writeFileSync(cacheFile(folder, ".json"), "{ torn"),
    "an entry of another shape": (folder) => writeFileSync(cacheFile(folder, ".json"), "null"),
    "a bundle cut short": (folder) => truncateSync(cacheFile(folder, ".mjs"), 50),
    "a bundle that is missing": (folder) => renameSync(cacheFile(folder, ".mjs"), path.join(folder, "away")),
    "a touched module": (folder) => utimesSync(path.join(folder, "lib/helper.ts"), 1, 1),
    "a touched package.json of a package": (folder) =>
      utimesSync(path.join(folder, "node_modules/dep/package.json"), 1, 1),
    "a tsconfig.json that was not there": (folder) => write(folder, { "tsconfig.json": "{}" })
  }
  for (const [what, spoil] of Object.entries(spoils))
    it(`makes anew after ${what}`, async () => {
      const folder = await folderAfterLoad()
      spoil(folder)
      const loaded = await load(folder)
      expect(loaded.cached).toBe(false)
      expect(loaded.codeOf(stagesOf(loaded)["mine"]!).digest).toMatch(/^[0-9a-f]{64}$/)
      expect((await load(folder)).cached).toBe(true)
    })

  it("leaves no temporary files, and is not shared by two Probelines", async () => {
    const folder = await folderAfterLoad()
    const other = packageAt(folderOf(ownFiles))
    const options = { cacheFolder: cacheOf(folder), own: other }
    expect((await loadPipeline(path.join(folder, "pipeline.ts"), options)).cached).toBe(false)
    expect((await load(folder)).cached).toBe(true)
    expect(readdirSync(cacheOf(folder)).filter((name) => name.includes("tmp"))).toEqual([])
  })

  it("makes anew when Probeline itself is another version", async () => {
    const folder = folderOf(simple)
    const home = folderOf(ownFiles)
    const at = { cacheFolder: cacheOf(folder), own: packageAt(home) }
    await loadPipeline(path.join(folder, "pipeline.ts"), at)
    write(home, { "package.json": '{ "name": "probeline", "version": "0.0.2", "type": "module" }' })
    expect((await loadPipeline(path.join(folder, "pipeline.ts"), at)).cached).toBe(false)
  })
})

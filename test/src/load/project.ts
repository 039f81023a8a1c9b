/** Projects in temporary folders, bound to a small Probeline of their own. */
import { existsSync, mkdirSync, symlinkSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { rolldown } from "rolldown"
import { afterAll } from "vitest"
import { loadPipeline, type LoadedPipeline } from "../../../src/load/load-pipeline.ts"
import { type OwnPackage, packageAt } from "../../../src/load/bundle/own-package.ts"
import { LoadError } from "../../../src/load/bundle/load-error.ts"

export const root = path.resolve(import.meta.dirname, "..", "..", "..")
const made: Array<string> = []
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
})

export type Files = Readonly<Record<string, string>>
export function folderOf(files: Files): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "probeline-load-")))
  made.push(folder)
  write(folder, files)
  return folder
}
export function write(folder: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
}

/** The public face as it is, and one shipped stage and one helper beside it. */
export const ownFiles: Files = {
  "package.json": '{ "name": "probeline", "version": "0.0.1", "type": "module" }',
  "dist/index.js": await bundled("src/index.ts"),
  "dist/stages.js": `
    import { column, defineStage, one } from "./index.js"
    export const shippedStage = defineStage.source("shipped-stage", { item: "scene", output: one({ n: column.int32() }), compute: async function* () {} })
    export const shippedHelper = (x) => x + 1`,
  "dist/stage-codes.json": JSON.stringify({
    stages: {
      shippedStage: {
        digest: "5".repeat(64),
        modules: { "stages/shipped.ts": "1" },
        packages: { sharp: "1.0.0" }
      }
    },
    helpers: { shippedHelper: "6".repeat(64) }
  })
}
let shared: OwnPackage | undefined
export const own = (): OwnPackage => (shared ??= packageAt(folderOf(ownFiles)))

export async function bundled(file: string): Promise<string> {
  const build = await rolldown({
    input: path.join(root, file),
    platform: "node",
    external: (id) => !/^[./]/.test(id)
  })
  const { output } = await build.generate({ format: "esm", codeSplitting: false })
  return output[0].code
}

/** The loader as JavaScript, in chunks as in `dist/`, with this repository's packages beside it. */
export async function buildLoader(folder: string): Promise<void> {
  const build = await rolldown({
    input: { load: path.join(root, "src/load/load-pipeline.ts") },
    platform: "node",
    external: (id) => !/^[./]/.test(id)
  })
  await build.write({ dir: folder, format: "esm" })
  const packages = path.join(folder, "node_modules")
  if (!existsSync(packages)) symlinkSync(path.join(root, "node_modules"), packages)
}

/** Under `node_modules`, so that Node itself imports the bundle and not the test runner, which is laxer. */
export const cacheOf = (folder: string) => path.join(folder, "node_modules", ".cache")

export const load = (
  folder: string,
  file = "pipeline.ts",
  cacheFolder = cacheOf(folder)
): Promise<LoadedPipeline> => loadPipeline(path.join(folder, file), { cacheFolder, own: own() })

export async function loadError(folder: string, file = "pipeline.ts"): Promise<LoadError> {
  const error = await load(folder, file).then(
    () => new Error("it loads"),
    (error: unknown) => error
  )
  if (error instanceof LoadError) return error
  throw error
}

/** The stages of a pipeline's nodes, by node id. */
export function stagesOf({ pipeline }: LoadedPipeline) {
  const outputs = Object.values(pipeline.graph({})).flat()
  return Object.fromEntries(outputs.map((node) => [node.id, node.stage]))
}

/** A whole stage, and a pipeline that uses it: what most tests edit a little. */
export const stage = (name: string, body: string, more = "") =>
  `export const ${name} = defineStage.whole("${name}", { inputs: {}, ${more} output: table({ n: column.int32() }), compute: async () => ${body} })\n`
export const imports = 'import { column, definePipeline, defineStage, table } from "probeline"\n'
export const pipelineOf = (...stages: ReadonlyArray<string>) =>
  `export default definePipeline("test", { params: {}, graph: () => ({ ${stages.map((s) => `${s}: ${s}("${s}", {})`).join(", ")} }) })\n`

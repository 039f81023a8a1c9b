/**
 * Bundles a pipeline file and its local modules into one ES module that can be stored and imported anywhere.
 *
 * The bundle exports the namespaces of all local modules, so that this process and workers can find a node's stage by
 * (module, export). This module imports rolldown: load it lazily.
 */
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import { type OutputChunk, type Plugin, rolldown, type RolldownOptions } from "rolldown"
import { fromBuild } from "./build-errors.ts"
import { Inputs } from "./inputs.ts"
import type { OwnPackage } from "./own-package.ts"
import { packageFile } from "./package-ids.ts"
import { buildOptions, makeResolver, nativeFile } from "./resolutions.ts"
import { resolveImports } from "./resolve.ts"
import { addConfigs } from "./tsconfigs.ts"
import { isLanguage, type Edit, walk, parse, edited } from "./edit-source.ts"

/** What a bundle exports. */
export interface BundleExports {
  /** namespaces of local modules, by path relative to the pipeline's folder */
  readonly modules: Readonly<Record<string, Namespace>>
  /** namespaces of packages that local modules import statically, by file URL */
  readonly packages: Readonly<Record<string, Namespace>>
  /** the namespace of `probeline/stages`; null if nothing imports it */
  readonly shipped: Namespace | null
}
export type Namespace = Readonly<Record<string, unknown>>

export interface ImportedPackage {
  readonly specifier: string
  readonly name: string
  readonly version: string
  /** the imported file and its content (`packageFile`) */
  readonly file: string
}
export interface Bundle {
  readonly code: string
  /** a source map, version 3, in JSON; sources are absolute */
  readonly map: string
  /** statically imported packages, by file URL */
  readonly packages: Readonly<Record<string, ImportedPackage>>
  /** static imports of each local module, by absolute path */
  readonly imports: ReadonlyMap<string, ReadonlyArray<string>>
}

const entry = "\0probeline:bundle"
const isScript = (id: string) => path.isAbsolute(id) && /\.[cm]?[jt]sx?$/.test(id)
/** The name of a local module: its path relative to the pipeline's folder, with slashes. */
export const moduleName = (folder: string, file: string): string =>
  path.relative(folder, file).split(path.sep).join("/")

/** Options shared by loading and digests. */
export const shared = (folder: string): RolldownOptions => ({
  cwd: folder,
  platform: "node",
  logLevel: "silent",
  resolve: buildOptions,
  // Node 20 lacks explicit resource management: down-level it
  transform: { target: "node20" },
  // keep constants in their modules, so that changes are attributed to the right module
  optimization: { inlineConst: false }
})

/** @throws LoadError where a module does not parse or an import cannot be resolved */
export async function bundlePipeline(file: string, own: OwnPackage, inputs: Inputs): Promise<Bundle> {
  const folder = path.dirname(file)
  const packages = new Map<string, ImportedPackage>()
  const native = nativeFile()
  const resolve = native === null ? null : makeResolver(native)
  const plugins = [
    // first, because the first plugin that returns a module's text ends the search
    recordInputs(inputs),
    resolveImports({
      own: (specifier) => (specifier === "probeline" ? own.probeline : own.stages),
      external: (resolved, found) => {
        const { specifier, target } = resolved
        const { name, version, packageJson } = found
        inputs.addPackage(packageJson, target)
        const url = pathToFileURL(target).href
        packages.set(url, { specifier, name, version, file: packageFile(found, target) })
        return url
      },
      resolved: (resolved) => inputs.addImport(resolved)
    }),
    keepImportMeta
  ]
  try {
    const imports = await staticImports(file, plugins)
    const reached = [...imports.keys()]
    const local = reached.filter(isScript)
    const outside = reached.filter((id) => packages.has(id))
    addConfigs(inputs, resolve)
    const source = entrySource(folder, local, outside, reached.includes(own.stages) ? own.stages : null)
    const { code, map } = await write(folder, [virtualModule(entry, source), ...plugins], entry)
    const absolute = map!.sources.map((at) => path.resolve(folder, at))
    return {
      code,
      map: JSON.stringify({ ...map, sources: absolute }),
      packages: Object.fromEntries(outside.map((id) => [id, packages.get(id)!])),
      imports
    }
  } catch (error) {
    throw fromBuild(error, file)
  }
}

async function write(folder: string, plugins: ReadonlyArray<Plugin>, input: string): Promise<OutputChunk> {
  const build = await rolldown({ ...shared(folder), input, plugins: [...plugins], treeshake: false })
  try {
    const { output } = await build.generate({
      format: "esm",
      codeSplitting: false,
      sourcemap: "hidden",
      // keep "dead" code: everything after a `throw` would go, including the bundle's exports
      minify: false,
      file: path.join(folder, "bundle.mjs")
    })
    return output[0]
  } finally {
    await build.close()
  }
}

/** Static imports of each module, local or not, in execution order. */
async function staticImports(
  file: string,
  plugins: ReadonlyArray<Plugin>
): Promise<ReadonlyMap<string, ReadonlyArray<string>>> {
  const order = new Map<string, ReadonlyArray<string>>()
  const scan: Plugin = {
    name: "probeline:scan",
    buildEnd(error) {
      if (error !== undefined) return
      const seen = new Set<string>()
      const visit = (id: string) => {
        if (seen.has(id)) return
        seen.add(id)
        const imported = this.getModuleInfo(id)?.importedIds ?? []
        for (const each of imported) visit(each)
        order.set(id, imported)
      }
      visit(file)
    }
  }
  await write(path.dirname(file), [...plugins, scan], file)
  return order
}

function entrySource(
  folder: string,
  local: ReadonlyArray<string>,
  outside: ReadonlyArray<string>,
  stages: string | null
): string {
  const star = (name: string, id: string) => `import * as ${name} from ${JSON.stringify(id)}`
  const record = (name: string, keys: ReadonlyArray<string>) =>
    `{ ${keys.map((key, i) => `${JSON.stringify(key)}: ${name}${i}`).join(", ")} }`
  return [
    ...local.map((id, i) => star(`module${i}`, id)),
    ...outside.map((id, i) => star(`package${i}`, id)),
    ...(stages === null ? [] : [star("stages", stages)]),
    `export const modules = ${record(
      "module",
      local.map((id) => moduleName(folder, id))
    )}`,
    `export const packages = ${record("package", outside)}`,
    `export const shipped = ${stages === null ? "null" : "stages"}`
  ].join("\n")
}

/** A module that exists only in memory. */
export const virtualModule = (id: string, source: string): Plugin => ({
  name: "probeline:virtual",
  resolveId: (specifier) => (specifier === id ? id : null),
  load: (at) => (at === id ? { code: source, moduleType: "js" } : null)
})

const recordInputs = (inputs: Inputs): Plugin => ({
  name: "probeline:inputs",
  load(id) {
    if (path.isAbsolute(id)) inputs.addModule(id)
    return null
  }
})

/** Gives `import.meta.url`, `.filename` and `.dirname` their values in the module's own file. */
const keepImportMeta: Plugin = {
  name: "probeline:import-meta",
  transform(code, id, { moduleType }) {
    if (!code.includes("import.meta") || !isLanguage(moduleType) || !path.isAbsolute(id)) return null
    const values = { url: pathToFileURL(id).href, filename: id, dirname: path.dirname(id) }
    const edits: Array<Edit> = []
    walk(parse(code, moduleType), (node) => {
      if (node.type !== "MemberExpression" || node["computed"] === true) return true
      const { object, property } = node as unknown as { object: { type: string }; property: { name: string } }
      if (object.type !== "MetaProperty" || !Object.hasOwn(values, property.name)) return true
      edits.push({
        start: node.start,
        end: node.end,
        text: JSON.stringify(values[property.name as keyof typeof values])
      })
      return false
    })
    return edits.length === 0 ? null : { code: edited(code, edits), map: null }
  }
}

/**
 * The digest of one export: its code and all code that it uses, tree-shaken, without comments, whitespace and types.
 *
 * It covers the stage's *export*, not only `compute`: the export reaches `compute`, `open`, `identity` and the schemas,
 * inline or not. See declarations.ts for the parts of a module that count. Not covered: files read by path at run time,
 * `import(name)` with a computed name, and `require`. This module imports rolldown: load it lazily.
 */
import { emptyRecord } from "../support/own.ts"
import * as path from "node:path"
import { type OutputChunk, type Plugin, rolldown } from "rolldown"
import { minify } from "rolldown/utils"
import { fromBuild } from "./bundle/build-errors.ts"
import { moduleName, shared, virtualModule } from "./bundle/bundle.ts"
import { prepareDeclarations } from "./bundle/declarations.ts"
import { type SyntaxNode, parse, walk } from "./bundle/edit-source.ts"
import { digestOf, sha256, sorted } from "./bundle/hash.ts"
import { PackageIds } from "./bundle/package-ids.ts"
import { type ExternalPackage, resolveImports } from "./bundle/resolve.ts"
import type { CodeParts } from "./bundle/stage-code.ts"

export interface DigestOptions {
  /** module paths are relative to it, so that no digest depends on its location */
  readonly folder: string
  /** whether an import specifier means Probeline's public API */
  readonly isProbeline?: (specifier: string) => boolean
  /** an id in place of a local file that does not count, or null */
  readonly outside?: (file: string) => string | null
  /** digests of the exports of `probeline/stages` other than stages, by name: helpers count by their code */
  readonly helpers?: Readonly<Record<string, string>>
}

const entry = "\0probeline:export"
const isPackageFace = (specifier: string) => specifier === "probeline" || specifier === "probeline/stages"
const withoutSpaces = { compress: false, mangle: false, codegen: { removeWhitespace: true } } as const

/** @param file absolute path of the module, `name` of its export */
export async function digestExport(file: string, name: string, options: DigestOptions): Promise<CodeParts> {
  const { folder, isProbeline = isPackageFace, outside, helpers = {} } = options
  const ids = new PackageIds()
  const plugins = [
    virtualModule(entry, `export { ${JSON.stringify(name)} as stage } from ${JSON.stringify(file)}`),
    resolveImports({
      own: (specifier) => specifier,
      external: ({ specifier, target }, found) => ids.idOf(specifier, target, found),
      ...(outside === undefined ? {} : { outside })
    }),
    prepareDeclarations(isProbeline)
  ]
  try {
    const chunks = await treeShaken(folder, plugins)
    const imported = chunks.flatMap(({ code }) => importsIn(parse(code, "js")))
    const packages = versionsOf(imported.flatMap(({ from }) => ids.packageOf(from) ?? []))
    const modules = await moduleDigests(folder, chunks)
    const shipped = shippedHelpers(imported, helpers)
    const code = chunks.map((chunk) => [chunk.fileName, chunk.code])
    return {
      digest: digestOf("code", code, packages, shipped),
      modules: sorted({ ...modules, ...shortened(shipped) }),
      packages
    }
  } catch (error) {
    throw fromBuild(error, file)
  }
}

/** Package versions by name; several versions of one package are joined. */
function versionsOf(used: ReadonlyArray<ExternalPackage>): Record<string, string> {
  const versions = new Map<string, Set<string>>()
  for (const { name, version } of used) versions.set(name, (versions.get(name) ?? new Set()).add(version))
  return sorted(Object.fromEntries([...versions].map(([name, all]) => [name, [...all].sort().join(", ")])))
}

/** The entry's chunk first, then one for each dynamically imported module, so that those are tree-shaken too. */
async function treeShaken(
  folder: string,
  plugins: ReadonlyArray<Plugin>
): Promise<ReadonlyArray<OutputChunk>> {
  const build = await rolldown({
    ...shared(folder),
    input: { stage: entry },
    plugins: [...plugins],
    treeshake: {
      propertyReadSideEffects: false,
      // a package that the stage does not use does not count
      moduleSideEffects: (_, external) => !external
    }
  })
  try {
    const { output } = await build.generate({
      format: "esm",
      entryFileNames: "[name].js",
      chunkFileNames: "[name].js",
      minify: withoutSpaces,
      comments: false
    })
    return output
      .filter((part) => part.type === "chunk")
      .toSorted((a, b) => Number(b.isEntry) - Number(a.isEntry) || (a.fileName < b.fileName ? -1 : 1))
  } finally {
    await build.close()
  }
}

async function moduleDigests(
  folder: string,
  chunks: ReadonlyArray<OutputChunk>
): Promise<Record<string, string>> {
  const digests = emptyRecord<string>()
  for (const chunk of chunks)
    for (const [id, { code }] of Object.entries(chunk.modules)) {
      if (!path.isAbsolute(id) || code === null || code.trim() === "") continue
      const name = moduleName(folder, id)
      const { code: bare } = await minify(name, code, { ...withoutSpaces, module: true })
      if (bare !== "") digests[name] = sha256(bare)
    }
  return shortened(digests)
}

/** Digests for explanations are compared only with each other: 64 bits suffice. */
const shortened = (digests: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(digests).map(([name, digest]) => [name, digest.slice(0, 16)]))

interface Import {
  readonly from: string
  /** null for all names */
  readonly names: ReadonlyArray<string> | null
}
/** Static and dynamic imports of code. The bundler's own list includes imports that it removed. */
function importsIn(program: SyntaxNode): ReadonlyArray<Import> {
  const imports: Array<Import> = []
  const add = (source: unknown, names: Import["names"]) => {
    const from = textOf(source as SyntaxNode | null | undefined)
    if (from !== null) imports.push({ from, names })
  }
  walk(program, (node) => {
    if (node.type === "ImportDeclaration") {
      const specifiers = node["specifiers"] as ReadonlyArray<{
        readonly imported?: { readonly name: string }
      }>
      const names = specifiers.map(({ imported }) => imported?.name)
      add(node["source"], names.every((name) => name !== undefined) ? names : null)
    } else if (/^(Import|ExportNamed|ExportAll)(Expression|Declaration)$/.test(node.type))
      add(node["source"], null)
    return true
  })
  return imports
}

/** A literal text in any quotes: the bundler prefers backticks. */
function textOf(node: SyntaxNode | null | undefined): string | null {
  if (node?.type === "Literal" && typeof node["value"] === "string") return node["value"]
  const quasis = node?.type === "TemplateLiteral" ? (node["quasis"] as ReadonlyArray<Quasi>) : []
  return quasis.length === 1 ? quasis[0]!.value.cooked : null
}
interface Quasi {
  readonly value: { readonly cooked: string }
}

/** Helpers of `probeline/stages` that the code still imports after tree shaking, with their digests. */
function shippedHelpers(
  imports: ReadonlyArray<Import>,
  helpers: Readonly<Record<string, string>>
): Record<string, string> {
  const found = emptyRecord<string>()
  for (const { from, names } of imports)
    if (from === "probeline/stages")
      for (const name of names ?? Object.keys(helpers))
        if (Object.hasOwn(helpers, name)) found[`probeline/stages#${name}`] = helpers[name]!
  return sorted(found)
}

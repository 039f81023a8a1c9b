/**
 * How imports of a user's modules are resolved, the same for loading and for digests.
 *
 * Local modules are bundled, symbolic links to packages outside any `node_modules` (workspaces) too: they are
 * edited like local modules, so they must count like them. Packages stay outside.
 */
import * as fs from "node:fs"
import { isBuiltin } from "node:module"
import * as path from "node:path"
import type { Plugin } from "rolldown"
import { didYouMean } from "../pipeline/problem.ts"
import { fileText } from "../pipeline/utf8.ts"
import { LoadError } from "./load-error.ts"
import { namesIn, placeOfText } from "./source-text.ts"

/** A package in `node_modules`, as one import resolved to it. */
export interface ExternalPackage {
  readonly name: string
  readonly version: string
  readonly packageJson: string
}
export interface Resolution {
  /** the module id that stands for a package's file in the bundle */
  readonly external: (specifier: string, file: string, found: ExternalPackage) => string
  /** the module id that stands for `probeline` or `probeline/stages` */
  readonly own: (specifier: string) => string
  /** an id that stands for a resolved local file, or null to bundle it */
  readonly outside?: (file: string) => string | null
}

const isRelative = (specifier: string) =>
  /^\.{0,2}\//.test(specifier) || specifier === "." || specifier === ".."
const inPackages = (file: string) => file.split(path.sep).includes("node_modules")
const external = (id: string) => ({ id, external: true })

export const resolveImports = (resolution: Resolution): Plugin => ({
  name: "probeline:resolve",
  async resolveId(specifier, importer, { isEntry }) {
    if (specifier.startsWith("\0") || importer?.startsWith("\0rolldown")) return null
    if (isBuiltin(specifier) || /^(data|https?|file):/.test(specifier)) return external(specifier)
    if (specifier === "probeline" || specifier === "probeline/stages")
      return external(resolution.own(specifier))
    const found = await this.resolve(specifier, importer, { skipSelf: true })
    if (found === null) throw unresolved(specifier, importer ?? specifier)
    const outside = resolution.outside?.(found.id) ?? null
    if (outside !== null) return external(outside)
    if (isEntry || isRelative(specifier) || !inPackages(found.id)) return found
    return external(resolution.external(specifier, found.id, packageOf(found.id)))
  }
})

/** The package that a file in `node_modules` belongs to: inner package.json files without a version are not it. */
function packageOf(file: string): ExternalPackage {
  for (let at = path.dirname(file); at !== path.dirname(at); at = path.dirname(at)) {
    const packageJson = path.join(at, "package.json")
    if (!fs.existsSync(packageJson)) continue
    const { name, version } = JSON.parse(fileText(fs.readFileSync(packageJson))) as {
      name?: string
      version?: string
    }
    if (name !== undefined && version !== undefined) return { name, version, packageJson }
  }
  throw new Error(`${file} belongs to no package: its package.json with a name and a version is missing`)
}

function unresolved(specifier: string, importer: string): LoadError {
  const place = placeOfText(importer, specifier)
  if (isRelative(specifier)) {
    const wanted = path.resolve(path.dirname(importer), specifier)
    const near = didYouMean(path.basename(wanted), namesIn(path.dirname(wanted)))
    return new LoadError(
      "PipelineNotLoaded",
      `cannot find "${specifier}"`,
      place,
      near ?? "the path is relative to the importing file, with its extension"
    )
  }
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/")
  return new LoadError(
    "PipelineNotLoaded",
    `cannot find the package "${specifier}"`,
    place,
    `is it installed? npm install ${name}`
  )
}

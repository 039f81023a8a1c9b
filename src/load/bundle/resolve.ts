/**
 * Resolves imports of a user's modules, in the same way for loading and for digests.
 *
 * Local modules are bundled. So are packages that a symlink places outside any `node_modules` (workspaces): users edit
 * them like local modules, so they must count as such. Other packages stay external.
 */
import * as fs from "node:fs"
import { isBuiltin } from "node:module"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import type { Plugin } from "rolldown"
import { didYouMean } from "../../support/problem.ts"
import { fileText } from "../../support/utf8.ts"
import { LoadError } from "./load-error.ts"
import type { Resolved } from "./resolutions.ts"
import { namesIn, placeOfText } from "./source-text.ts"

/** A package in `node_modules` that an import resolved to. */
export interface ExternalPackage {
  readonly name: string
  readonly version: string
  readonly packageJson: string
}
export interface Resolution {
  /** the module id that stands for a package's file in the bundle */
  readonly external: (resolved: Resolved & { readonly target: string }, found: ExternalPackage) => string
  /** the module id that stands for `probeline` or `probeline/stages` */
  readonly own: (specifier: string) => string
  /** an id that stands for a resolved local file, or null to bundle it */
  readonly outside?: (file: string) => string | null
  /** called for each import that the bundler resolved */
  readonly resolved?: (resolved: Resolved) => void
}

const isRelative = (specifier: string) =>
  /^\.{0,2}\//.test(specifier) || specifier === "." || specifier === ".."
const inPackages = (file: string) => file.split(path.sep).includes("node_modules")
const external = (id: string) => ({ id, external: true })

export const resolveImports = (resolution: Resolution): Plugin => ({
  name: "probeline:resolve",
  async resolveId(given, importer, { isEntry }) {
    if (given.startsWith("\0") || importer?.startsWith("\0rolldown")) return null
    // imports of the loader itself: absolute paths of modules, file URLs of packages
    const isOwn = isEntry || importer === undefined || importer.startsWith("\0")
    if (isBuiltin(given) || /^(data|https?):/.test(given) || (isOwn && given.startsWith("file:")))
      return external(given)
    if (given === "probeline" || given === "probeline/stages") return external(resolution.own(given))
    const file = isOwn ? given : given.startsWith("file:") ? fileOf(given, importer) : null
    // ? and # start a query in a specifier: resolve a path that contains them from its own folder
    const specifier = file === null ? given : `./${path.basename(file)}`
    const from = file ?? importer!
    const found =
      file !== null && hasQuery(path.basename(file))
        ? existing(file)
        : await this.resolve(specifier, from, { skipSelf: true })
    if (found === null) throw unresolved(given, importer ?? given)
    const resolved = { asking: "import", importer: from, specifier, target: found.id } as const
    if (!isOwn) resolution.resolved?.(resolved)
    const outside = resolution.outside?.(found.id) ?? null
    if (outside !== null) return external(outside)
    if (file !== null || isRelative(given) || !inPackages(found.id)) return found
    return external(resolution.external(resolved, packageOf(found.id)))
  },
  load(id) {
    if (!path.isAbsolute(id) || !hasQuery(path.basename(id))) return null
    return { code: fileText(fs.readFileSync(id)), moduleType: path.extname(id).replace(/^\.[cm]?/, "") }
  }
})

/** Whether rolldown would take a part of this file name for a query. */
const hasQuery = (name: string) => /[?#]/.test(name)
const existing = (file: string) => (fs.existsSync(file) ? { id: fs.realpathSync(file) } : null)

/** The path of a file URL in an import. @throws LoadError if it has none */
function fileOf(url: string, importer: string): string {
  try {
    return fileURLToPath(url)
  } catch (cause) {
    const hint = "write a path relative to the importing file"
    const message = `"${url}" is not a local file`
    throw new LoadError("PipelineNotLoaded", message, placeOfText(importer, url), hint, cause)
  }
}

/** The package of a file in `node_modules`: inner package.json files without a version do not count. */
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
  if (isRelative(specifier) || specifier.startsWith("file:")) {
    const wanted = specifier.startsWith("file:")
      ? fileOf(specifier, importer)
      : path.resolve(path.dirname(importer), specifier)
    const near = didYouMean(path.basename(wanted), namesIn(path.dirname(wanted)))
    return new LoadError(
      "PipelineNotLoaded",
      `cannot find "${specifier}"`,
      place,
      near ?? "use a path relative to the importing file, with its extension"
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

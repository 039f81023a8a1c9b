/**
 * Resolved imports are inputs of a bundle: a cache hit resolves them again.
 *
 * This is sound. A pipeline file is identified by its real path. Its content is stamped (inputs.ts), so its imports are
 * the same as before. If each still resolves to the same real path, the next modules are the same files, with stamped
 * content as well, and so on through the whole graph. There are two kinds of imports:
 *
 * - *Exact*: a relative specifier that includes the extension (`./helper.ts`) and passes no symlink. The named file
 *   precedes all other candidates, and neither tsconfig `paths` nor any package.json applies. So it resolves to the same
 *   file as long as that file exists and no folder on the way becomes a symlink. Stamps and folders are checked anyway,
 *   so these imports need no check of their own.
 * - *All others* (packages, `#imports`, aliases, folders, no extension, symlinks) go through the resolver again. It is
 *   rolldown's own, with rolldown's options, so its search rules are not repeated here.
 *
 * Loading rolldown for this would take 40 ms. Its native addon, which contains the resolver, takes 4 ms.
 */
import { createRequire } from "node:module"
import * as path from "node:path"

const require = createRequire(import.meta.url)

/** Resolver options of a build; rolldown adds the rest itself. */
export const buildOptions = {
  // as in Node: the "module" field is only for bundlers
  mainFields: ["main"]
}

/** The source of a specifier: an import, an import that ignores tsconfig.json, or a tsconfig's `extends`. */
export type ImportKind = "import" | "plain-import" | "extends"
/** As rolldown sets them for `platform: "node"`, and its resolver for `extends`. */
const imports = {
  ...buildOptions,
  conditionNames: ["import", "default", "node"],
  extensions: [".tsx", ".ts", ".jsx", ".js", ".json"],
  extensionAlias: {
    ".js": [".js", ".ts", ".tsx"],
    ".jsx": [".jsx", ".ts", ".tsx"],
    ".mjs": [".mjs", ".mts"],
    ".cjs": [".cjs", ".cts"]
  },
  builtinModules: true
}
const options: Readonly<Record<ImportKind, object>> = {
  import: { ...imports, tsconfig: "auto" },
  "plain-import": imports,
  extends: { conditionNames: ["node", "import"], extensions: [".json"], mainFiles: ["tsconfig"] }
}

interface NativeResolver {
  resolveFileSync(file: string, specifier: string): { readonly path?: string }
  /** `resolveFileSync` without a search for a tsconfig.json */
  sync(folder: string, specifier: string): { readonly path?: string }
}
interface Native {
  readonly ResolverFactory: new (options: object) => NativeResolver
}

/** An import and the real path that it resolved to; null if unresolved. */
export interface Resolved {
  readonly asking: ImportKind
  /** absolute */
  readonly importer: string
  readonly specifier: string
  readonly target: string | null
}
export type Resolve = (asking: ImportKind, importer: string, specifier: string) => string | null

/** Resolves as rolldown does. @param native the file of rolldown's native addon */
export function makeResolver(native: string): Resolve {
  const { ResolverFactory } = require(native) as Native
  const made = new Map<ImportKind, NativeResolver>()
  return (asking, importer, specifier) => {
    let resolver = made.get(asking)
    if (resolver === undefined) made.set(asking, (resolver = new ResolverFactory(options[asking])))
    const found =
      asking === "import"
        ? resolver.resolveFileSync(importer, specifier)
        : resolver.sync(path.dirname(importer), specifier)
    return found.path ?? null
  }
}

/** The file of rolldown's native addon, once rolldown is loaded; null if rolldown runs without one (as WebAssembly). */
export function nativeFile(): string | null {
  const rolldown = createRequire(require.resolve("rolldown/package.json"))
  // other code may have loaded another rolldown
  const isOwn = (file: string) => {
    try {
      return rolldown.resolve(`@rolldown/${path.basename(path.dirname(file))}`) === file
    } catch {
      return false
    }
  }
  return Object.keys(require.cache).find((file) => file.endsWith(".node") && isOwn(file)) ?? null
}

/** Whether an import resolves to exactly the file that it names. */
export const isExact = ({ importer, specifier, target }: Resolved): boolean =>
  /^\.\.?\//.test(specifier) &&
  !/[?#]/.test(specifier) &&
  path.resolve(path.dirname(importer), specifier) === target

/** Resolves imports again. False if one now resolves to another file, or cannot be resolved this way. */
export function stillResolve(native: string | null, imports: ReadonlyArray<Resolved>): boolean {
  if (imports.length === 0) return true
  if (native === null) return false
  const resolve = makeResolver(native)
  return imports.every(
    ({ asking, importer, specifier, target }) => resolve(asking, importer, specifier) === target
  )
}

/**
 * What imports resolve to is an input of a bundle: on a cache hit it is resolved again.
 *
 * Why that is sound. A pipeline file is known by its real path. Its content is stamped (inputs.ts), so it has the
 * same imports as before. If each of them still resolves to the same real path, the next modules are the same files,
 * whose content is stamped too, and so on through the whole graph. Two kinds of imports are told apart:
 *
 * - *Exact*: a relative specifier that names its file with the extension (`./helper.ts`) and passes no link. The
 *   file that is named comes before all other candidates, and neither tsconfig's `paths` nor any package.json applies
 *   to it. So it resolves to the same file for as long as that file exists and no folder on the way has become a
 *   link. Stamps and folders are checked anyway: these imports need no check of their own.
 * - *All others* (packages, `#imports`, aliases, folders, no extension, links) go through the resolver again. It is
 *   rolldown's own, with rolldown's options, so nothing here has to know where it looks.
 *
 * Loading rolldown for this would cost 40 ms. Its native half alone costs 4 ms, and holds the resolver.
 */
import { createRequire } from "node:module"
import * as path from "node:path"

const require = createRequire(import.meta.url)

/** Options of the resolver; rolldown takes those of a build, and adds the rest by itself. */
export const buildOptions = {
  // Node's own rule: a package's "module" field is for bundlers
  mainFields: ["main"]
}

/** Who asks: an import, an import that ignores tsconfig.json, or a tsconfig's `extends`. */
export type ImportKind = "import" | "plain-import" | "extends"
/** As rolldown sets them up for `platform: "node"`, and its resolver for `extends`. */
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

/** An import, and the real path that it resolved to; null for none. */
export interface Resolved {
  readonly asking: ImportKind
  /** absolute */
  readonly importer: string
  readonly specifier: string
  readonly target: string | null
}
export type Resolve = (asking: ImportKind, importer: string, specifier: string) => string | null

/** Resolves as rolldown does. @param native the file of rolldown's native half */
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

/** The file of rolldown's native half, once rolldown is loaded; null where rolldown runs without one (as WebAssembly). */
export function nativeFile(): string | null {
  const rolldown = createRequire(require.resolve("rolldown/package.json"))
  // others may have loaded another rolldown
  const isOwn = (file: string) => {
    try {
      return rolldown.resolve(`@rolldown/${path.basename(path.dirname(file))}`) === file
    } catch {
      return false
    }
  }
  return Object.keys(require.cache).find((file) => file.endsWith(".node") && isOwn(file)) ?? null
}

/** Does an import resolve to the file that it names, whatever else there is? */
export const isExact = ({ importer, specifier, target }: Resolved): boolean =>
  /^\.\.?\//.test(specifier) &&
  !/[?#]/.test(specifier) &&
  path.resolve(path.dirname(importer), specifier) === target

/** Resolves imports again. False where one resolves to another file now, or cannot be resolved this way. */
export function stillResolve(native: string | null, imports: ReadonlyArray<Resolved>): boolean {
  if (imports.length === 0) return true
  if (native === null) return false
  const resolve = makeResolver(native)
  return imports.every(
    ({ asking, importer, specifier, target }) => resolve(asking, importer, specifier) === target
  )
}

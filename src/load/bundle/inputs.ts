/**
 * What a cached bundle was made from, and whether it is still what it was.
 *
 * Files count by their stamp, and absent files by their absence. Above a module these are every `package.json` and
 * `tsconfig.json`: any of them can say what its code means. Folders count by their real path, so that a link on the
 * way to a file is seen. For what imports resolve to, see resolutions.ts.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { isExact, type Resolved, stillResolve } from "./resolutions.ts"

export interface Input {
  /** absolute */
  readonly path: string
  /** null where there was no such file */
  readonly stamp: string | null
}

/** What cannot be told from files alone. */
export interface Surroundings {
  /** folders, and the real path of each; null where there is none */
  readonly folders: ReadonlyArray<readonly [folder: string, real: string | null]>
  readonly imports: ReadonlyArray<Resolved>
  /** resolves them again: see `nativeFile` */
  readonly native: string | null
}

/**
 * Inode, size, mtime and ctime in nanoseconds. For a link: its own stamp, its target's real path, and its target's
 * stamp.
 *
 * The inode tells two files apart that were written within one tick of the clock, when a link moves between them.
 */
export function stampOf(file: string): string | null {
  let stat: fs.BigIntStats | undefined
  try {
    stat = fs.lstatSync(file, { bigint: true, throwIfNoEntry: false })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code!
    return code === "ENOTDIR" ? null : code
  }
  if (stat === undefined) return null
  const own = `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`
  if (!stat.isSymbolicLink()) return own
  const target = realPath(file)
  return `${own} -> ${target === null ? null : `${target} ${stampOf(target)}`}`
}

/** Null where there is nothing, or a circle of links. */
function realPath(file: string): string | null {
  try {
    return fs.realpathSync.native(file)
  } catch {
    return null
  }
}

export const isFresh = ({ path, stamp }: Input): boolean => stampOf(path) === stamp

/** Is a bundle of such inputs still what would be made now? */
export const areFresh = (files: ReadonlyArray<Input>, { folders, imports, native }: Surroundings): boolean =>
  files.every(isFresh) &&
  folders.every(([folder, real]) => realPath(folder) === real) &&
  stillResolve(native, imports)

/** Collects inputs. A file's first stamp counts: taken before it is read, it can only be too old. */
export class Inputs {
  readonly #stamps = new Map<string, string | null>()
  readonly #ruled = new Set<string>()
  readonly #folders = new Map<string, string | null>()
  readonly #imports: Array<Resolved> = []
  #byFile = false

  add(file: string): void {
    if (!this.#stamps.has(file)) this.#stamps.set(file, stampOf(file))
  }

  /** A file that counts with the links on its way. */
  addLinked(file: string): void {
    const folder = path.dirname(file)
    if (!this.#folders.has(folder)) this.#folders.set(folder, realPath(folder))
    this.add(file)
  }

  /** A local module, by its real path. */
  addModule(file: string): void {
    this.addLinked(file)
    for (const folder of upFrom(path.dirname(file))) {
      if (this.#ruled.has(folder)) return
      this.#ruled.add(folder)
      this.add(path.join(folder, "tsconfig.json"))
      this.add(path.join(folder, "package.json"))
    }
  }

  /** A package's `package.json`, and those between it and a file of the package. */
  addPackage(packageJson: string, file: string): void {
    for (const folder of upFrom(path.dirname(file))) {
      this.add(path.join(folder, "package.json"))
      if (folder === path.dirname(packageJson)) return
    }
  }

  addImport(resolved: Resolved): void {
    if (!isExact(resolved)) this.#imports.push(resolved)
  }

  /** A tsconfig.json maps specifiers, and it need not rule all files of a folder. */
  resolveByFile(): void {
    this.#byFile = true
  }

  list(): ReadonlyArray<Input> {
    return [...this.#stamps].map(([path, stamp]) => ({ path, stamp }))
  }
  surroundings(native: string | null): Surroundings {
    // Modules of one folder resolve alike, unless a tsconfig.json tells them apart.
    const imports = new Map<string, Resolved>()
    for (const resolved of this.#imports) {
      const { asking, importer, specifier, target } = resolved
      const from = this.#byFile ? importer : path.dirname(importer)
      imports.set(JSON.stringify([asking, from, specifier, target]), resolved)
    }
    return { folders: [...this.#folders], imports: [...imports.values()], native }
  }
}

/** A folder and those above it. */
function* upFrom(folder: string): Generator<string> {
  for (let at = folder; ; at = path.dirname(at)) {
    yield at
    if (at === path.dirname(at)) return
  }
}

/**
 * The inputs of a cached bundle, and whether they are unchanged.
 *
 * Files count by their stat stamp, and missing files as missing. The inputs include every `package.json` and
 * `tsconfig.json` above a module, since any of them can affect its code. Folders count by real path, to notice symlinks
 * on the way to a file. For import resolution, see resolutions.ts.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { isExact, type Resolved, stillResolve } from "./resolutions.ts"

export interface Input {
  /** absolute */
  readonly path: string
  /** null if the file did not exist */
  readonly stamp: string | null
}

/** Inputs beyond files. */
export interface Surroundings {
  /** folders with their real paths; null if there is none */
  readonly folders: ReadonlyArray<readonly [folder: string, real: string | null]>
  readonly imports: ReadonlyArray<Resolved>
  /** the native resolver that revalidates `imports`: see `nativeFile` */
  readonly native: string | null
}

/**
 * Inode, size, mtime and ctime in nanoseconds. For a symlink: its own stamp, its target's real path and stamp.
 *
 * The inode distinguishes two files written within one clock tick, if a symlink moves between them.
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

/** Null if there is nothing, or a symlink loop. */
function realPath(file: string): string | null {
  try {
    return fs.realpathSync.native(file)
  } catch {
    return null
  }
}

export const isFresh = ({ path, stamp }: Input): boolean => stampOf(path) === stamp

/** Whether a bundle with these inputs is still fresh. */
export const areFresh = (files: ReadonlyArray<Input>, { folders, imports, native }: Surroundings): boolean =>
  files.every(isFresh) &&
  folders.every(([folder, real]) => realPath(folder) === real) &&
  stillResolve(native, imports)

/** Collects inputs. A file's first stamp counts: it is taken before the file is read, so it can only be too old. */
export class Inputs {
  readonly #stamps = new Map<string, string | null>()
  readonly #ruled = new Set<string>()
  readonly #folders = new Map<string, string | null>()
  readonly #imports: Array<Resolved> = []
  #byFile = false

  add(file: string): void {
    if (!this.#stamps.has(file)) this.#stamps.set(file, stampOf(file))
  }

  /** Adds a file and the symlinks on its path. */
  addLinked(file: string): void {
    const folder = path.dirname(file)
    if (!this.#folders.has(folder)) this.#folders.set(folder, realPath(folder))
    this.add(file)
  }

  /** Adds a local module by its real path. */
  addModule(file: string): void {
    this.addLinked(file)
    for (const folder of upFrom(path.dirname(file))) {
      if (this.#ruled.has(folder)) return
      this.#ruled.add(folder)
      this.add(path.join(folder, "tsconfig.json"))
      this.add(path.join(folder, "package.json"))
    }
  }

  /** Adds a package's `package.json`, and those between it and a file of the package. */
  addPackage(packageJson: string, file: string): void {
    for (const folder of upFrom(path.dirname(file))) {
      this.add(path.join(folder, "package.json"))
      if (folder === path.dirname(packageJson)) return
    }
  }

  addImport(resolved: Resolved): void {
    if (!isExact(resolved)) this.#imports.push(resolved)
  }

  /** Keeps imports per file: a tsconfig.json that maps specifiers may apply to only some files of a folder. */
  resolveByFile(): void {
    this.#byFile = true
  }

  list(): ReadonlyArray<Input> {
    return [...this.#stamps].map(([path, stamp]) => ({ path, stamp }))
  }
  surroundings(native: string | null): Surroundings {
    // modules in one folder resolve alike, unless a tsconfig.json distinguishes them
    const imports = new Map<string, Resolved>()
    for (const resolved of this.#imports) {
      const { asking, importer, specifier, target } = resolved
      const from = this.#byFile ? importer : path.dirname(importer)
      imports.set(JSON.stringify([asking, from, specifier, target]), resolved)
    }
    return { folders: [...this.#folders], imports: [...imports.values()], native }
  }
}

/** A folder and its ancestors. */
function* upFrom(folder: string): Generator<string> {
  for (let at = folder; ; at = path.dirname(at)) {
    yield at
    if (at === path.dirname(at)) return
  }
}

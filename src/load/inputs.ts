/** The files that a cached bundle was made from, and whether they are still what they were. */
import * as fs from "node:fs"
import * as path from "node:path"

export interface Input {
  /** absolute */
  readonly path: string
  /** size, mtime and ctime in nanoseconds; null where there was no such file */
  readonly stamp: string | null
}

export function stampOf(file: string): string | null {
  const stat = fs.statSync(file, { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? null : `${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`
}
export const isFresh = ({ path, stamp }: Input): boolean => stampOf(path) === stamp

/** Collects inputs. A file's first stamp counts: taken before it is read, it can only be too old. */
export class Inputs {
  readonly #stamps = new Map<string, string | null>()
  add(file: string): void {
    if (!this.#stamps.has(file)) this.#stamps.set(file, stampOf(file))
  }
  /** The `tsconfig.json` that rules a folder, those that would come before it, and those that it extends. */
  addConfigs(folder: string, resolve: (file: string) => ReadonlyArray<string>): void {
    for (let at = folder; ; at = path.dirname(at)) {
      const config = path.join(at, "tsconfig.json")
      if (this.#stamps.has(config)) return
      this.add(config)
      if (this.#stamps.get(config) !== null) for (const file of resolve(config)) this.add(file)
      if (this.#stamps.get(config) !== null || at === path.dirname(at)) return
    }
  }
  list(): ReadonlyArray<Input> {
    return [...this.#stamps].map(([path, stamp]) => ({ path, stamp }))
  }
}

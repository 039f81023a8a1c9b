/** The damage that `verify` finds. */
import type { DirectoryEntry, FileSystem } from "../files/file-system.ts"

export type DamageKind = "object" | "sidecar" | "manifest" | "trace" | "run"
export interface Damage {
  readonly file: string
  readonly kind: DamageKind
  /** what is wrong with it, as the rest of a sentence that begins with the file */
  readonly what: string
}
/** Includes the file's entry as seen, so that a file replaced since then is not mistaken for it. */
export interface FoundDamage extends Damage {
  readonly entry: DirectoryEntry
}

/** Collects damage; a file counts once, for the first damage found. */
export class Damages {
  readonly #files: FileSystem
  readonly #found = new Map<string, FoundDamage>()
  readonly #affected = new Map<string, FoundDamage>()
  constructor(files: FileSystem) {
    this.#files = files
  }
  /** A file that is already gone (a gc may be running) is not damaged. */
  add(kind: DamageKind, file: string, what: string): void {
    const entry = this.#files.entry(file)
    if (entry !== null && !this.#found.has(file)) this.#found.set(file, { file, kind, what, entry })
  }
  /** Adds a file that is intact but useless. */
  affect(kind: DamageKind, file: string, what: string): void {
    const entry = this.#files.entry(file)
    if (entry !== null) this.#affected.set(file, { file, kind, what, entry })
  }
  has(file: string): boolean {
    return this.#found.has(file)
  }
  all(): ReadonlyArray<FoundDamage> {
    return [...this.#found.values()]
  }
  affected(): ReadonlyArray<FoundDamage> {
    return [...this.#affected.values()].filter(({ file }) => !this.#found.has(file))
  }
}

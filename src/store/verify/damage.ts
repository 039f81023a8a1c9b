/** What `verify` finds. */
import type { DirectoryEntry, FileSystem } from "../files/file-system.ts"

export type DamageKind = "object" | "sidecar" | "manifest" | "trace" | "run"
export interface Damage {
  readonly file: string
  readonly kind: DamageKind
  /** what is wrong with it, as the end of a sentence that begins with the file */
  readonly what: string
}
/** With the file as it was seen, so that one that was replaced since is not taken for it. */
export interface FoundDamage extends Damage {
  readonly entry: DirectoryEntry
}

/** Gathers damage; a file counts once, for what was found first. */
export class Damages {
  readonly #files: FileSystem
  readonly #found = new Map<string, FoundDamage>()
  readonly #affected = new Map<string, FoundDamage>()
  constructor(files: FileSystem) {
    this.#files = files
  }
  /** One that is gone by now (a gc runs beside) is not damaged. */
  add(kind: DamageKind, file: string, what: string): void {
    const entry = this.#files.entry(file)
    if (entry !== null && !this.#found.has(file)) this.#found.set(file, { file, kind, what, entry })
  }
  /** One that is whole, and of no use any more. */
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

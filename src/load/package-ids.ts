/**
 * How a digest names what code imports from packages.
 *
 * It uses the import's own specifier if that tells which file of which package is meant: `ms` is whatever the package
 * ms exports at its version. Two cases need more. A specifier that the project itself maps to a file (`#imports`,
 * tsconfig's `paths`) gets that file. A specifier that stands for two versions in one program, because a workspace
 * has its own, gets file and version.
 */
import * as path from "node:path"
import type { Resolve, Resolved } from "./resolutions.ts"
import type { ExternalPackage } from "./resolve.ts"

/** The path of a package's file from the package's folder. */
export const fileIn = ({ packageJson }: ExternalPackage, file: string): string =>
  path.relative(path.dirname(packageJson), file).split(path.sep).join("/")

/** Is this what the package's bare name imports? */
export const isMain = (
  plain: Resolve | null,
  { importer, specifier, target }: Resolved,
  { name }: ExternalPackage
): boolean => (plain === null ? specifier === name : plain("plain-import", importer, name) === target)

export class PackageIds {
  readonly #plain: Resolve | null
  readonly #packages = new Map<string, ExternalPackage>()
  /** the files that each specifier stands for */
  readonly #meanings = new Map<string, Set<string>>()

  /** @param plain resolves without a tsconfig.json; null where rolldown has no native half */
  constructor(plain: Resolve | null) {
    this.#plain = plain
  }

  /** The id of an import. It is final once all imports have been seen: see `areFinal`. */
  idOf({ importer, specifier, target }: Resolved & { target: string }, found: ExternalPackage): string {
    const file = fileIn(found, target)
    const meanings = this.#meanings.get(specifier) ?? new Set()
    this.#meanings.set(specifier, meanings.add(`${found.name}@${found.version}/${file}`))
    const isMapped =
      specifier.startsWith("#") || (this.#plain?.("plain-import", importer, specifier) ?? target) !== target
    const id =
      meanings.size > 1
        ? `${specifier}=${found.name}@${found.version}/${file}`
        : isMapped
          ? `${specifier}=${found.name}/${file}`
          : specifier
    this.#packages.set(id, found)
    return id
  }

  /** False where a specifier turned out to stand for two files: then some ids were given too early. */
  areFinal(): boolean {
    return [...this.#meanings.values()].every(({ size }) => size === 1)
  }

  packageOf(id: string): ExternalPackage | undefined {
    return this.#packages.get(id)
  }
}

/**
 * What a digest calls an import from a package: the specifier, the package's version, the file that the specifier
 * resolves to, and that file's content.
 *
 * Name and version alone do not tell. A link may lead to another copy of one version (a patch, another commit), and
 * `exports`, `main`, `#imports` or tsconfig's `paths` may lead to another file. What the file imports in turn is known by
 * the version alone.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { sha256 } from "./hash.ts"
import type { ExternalPackage } from "./resolve.ts"

/** A package's file as a digest has it: its path from the package's folder, and 64 bits of its content's sha256. */
export const packageFile = ({ packageJson }: ExternalPackage, file: string): string => {
  const name = path.relative(path.dirname(packageJson), file).split(path.sep).join("/")
  return `${name}#${sha256(fs.readFileSync(file)).slice(0, 16)}`
}

export class PackageIds {
  readonly #packages = new Map<string, ExternalPackage>()

  /** @param target the file that the specifier resolves to, absolute */
  idOf(specifier: string, target: string, found: ExternalPackage): string {
    const id = `${specifier}=${found.name}@${found.version}/${packageFile(found, target)}`
    this.#packages.set(id, found)
    return id
  }

  packageOf(id: string): ExternalPackage | undefined {
    return this.#packages.get(id)
  }
}

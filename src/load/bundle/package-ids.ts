/**
 * The id of a package import in digests: the specifier, the package's version, the file that the specifier resolves to,
 * and that file's content.
 *
 * Name and version do not suffice. A symlink may lead to another copy of the same version (a patch, another commit), and
 * `exports`, `main`, `#imports` or tsconfig `paths` may lead to another file. The imports of that file in turn are
 * identified only by the version.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { sha256 } from "./hash.ts"
import type { ExternalPackage } from "./resolve.ts"

/** A package's file in digests: its path in the package, and 64 bits of its content's sha256. */
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

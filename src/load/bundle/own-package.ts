/** Where the running Probeline lies: pipelines are bound to it, wherever they lie themselves. */
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

export interface OwnPackage {
  /** what `import "probeline"` means: a file URL */
  readonly probeline: string
  /** what `import "probeline/stages"` means: a file URL */
  readonly stages: string
  /** the digests of the shipped stages, made when Probeline was built */
  readonly stageCodes: string
  readonly packageJson: string
}

let found: OwnPackage | undefined
/** The package that this very module is a part of, in `src/` or bundled in `dist/`. */
export function ownPackage(): OwnPackage {
  return (found ??= packageAt(rootAbove(path.dirname(fileURLToPath(import.meta.url)))))
}

/** A package whose built files lie in `dist/` of a folder. */
export function packageAt(root: string): OwnPackage {
  const dist = (name: string) => path.join(root, "dist", name)
  return {
    probeline: pathToFileURL(dist("index.js")).href,
    stages: pathToFileURL(dist("stages.js")).href,
    stageCodes: dist("stage-codes.json"),
    packageJson: path.join(root, "package.json")
  }
}

function rootAbove(folder: string): string {
  for (let at = folder; ; at = path.dirname(at)) {
    if (fs.existsSync(path.join(at, "package.json"))) return at
    if (at === path.dirname(at))
      throw new Error(`no package.json above ${folder}: Probeline is not installed whole`)
  }
}

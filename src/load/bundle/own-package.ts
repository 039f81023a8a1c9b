/** Locates the running Probeline: pipelines are bound to it, wherever their files are. */
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

export interface OwnPackage {
  /** the target of `import "probeline"`: a file URL */
  readonly probeline: string
  /** the target of `import "probeline/stages"`: a file URL */
  readonly stages: string
  /** the file with the digests of shipped stages, made by the build */
  readonly stageCodes: string
  readonly packageJson: string
}

let found: OwnPackage | undefined
/** The package that contains this module, in `src/` or bundled in `dist/`. */
export function ownPackage(): OwnPackage {
  return (found ??= packageAt(rootAbove(path.dirname(fileURLToPath(import.meta.url)))))
}

/** The package in a folder, with its built files in `dist/`. */
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
      throw new Error(`no package.json above ${folder}: the installation of Probeline is incomplete`)
  }
}

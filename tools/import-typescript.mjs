/** Imports a TypeScript file of this repository. It bundles the file first, because Node 20 cannot import TypeScript. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { rolldown } from "rolldown"

export const root = path.dirname(import.meta.dirname)

/** @param {string} file path relative to the repository's root */
export async function importTypeScript(file) {
  const build = await rolldown({
    input: path.join(root, file),
    cwd: root,
    platform: "node",
    external: (id) => !/^[./]/.test(id),
    logLevel: "silent"
  })
  const { output } = await build.generate({ format: "esm", codeSplitting: false })
  // inside the repository, so that Node finds its packages
  const folder = path.join(root, "node_modules", ".cache", "probeline")
  const at = path.join(folder, `${path.basename(file, ".ts")}-${process.pid}.mjs`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(at, output[0].code)
  try {
    return await import(pathToFileURL(at).href)
  } finally {
    rmSync(at)
  }
}

/** Opens a command's store. It may not exist yet, but its path must not be anything other than a folder. */
import * as fs from "node:fs"
import * as path from "node:path"
import { Problem } from "../support/problem.ts"
import { refuseLinks } from "../store/files/confined.ts"
import { nodeFileSystem, type Stat } from "../store/files/file-system.ts"
import { makeStore, type Store } from "../store/store.ts"
import { storeProblem } from "../store/files/store-error.ts"

const elsewhere = "choose a folder with --store DIR or PROBELINE_STORE"
const files = nodeFileSystem()

function kindOf(root: string): Stat["kind"] | null {
  try {
    return files.stat(root)?.kind ?? null
  } catch (error) {
    throw storeProblem(error, root, "read its folder")
  }
}
const notUsable = (root: string, message: string) =>
  new Problem("StoreNotUsable", message, { file: root, hint: elsewhere })

/**
 * The store's path may contain symlinks, which are resolved here, once.
 *
 * @throws Problem StoreNotUsable where the path is not a folder, or a folder in the store is a symlink
 */
export function openStore(root: string): Store {
  const kind = kindOf(root)
  if (kind !== null && kind !== "folder") throw notUsable(root, `the store ${root} is a file, not a folder`)
  try {
    const real = kind === null ? path.resolve(root) : fs.realpathSync(root)
    refuseLinks(files, real)
    return makeStore(real, files)
  } catch (error) {
    throw storeProblem(error, root, "read its folder")
  }
}

/** The same for maintenance commands: a mistyped path must not pass for an intact, empty store. */
export function existingStore(root: string): Store {
  if (kindOf(root) === null) throw notUsable(root, `no such store: ${root}`)
  return openStore(root)
}

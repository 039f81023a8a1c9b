/** The store of a command. It need not be there yet, but where it would be, nothing else may be. */
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
    throw storeProblem(error, root, "look at it")
  }
}
const notUsable = (root: string, message: string) =>
  new Problem("StoreNotUsable", message, { file: root, hint: elsewhere })

/**
 * The store's path may lead through links, which are resolved here, once.
 *
 * @throws Problem StoreNotUsable where the path is not a folder, or a folder of the store is a link
 */
export function openStore(root: string): Store {
  const kind = kindOf(root)
  if (kind !== null && kind !== "folder") throw notUsable(root, `the store ${root} is a file, not a folder`)
  try {
    const real = kind === null ? path.resolve(root) : fs.realpathSync(root)
    refuseLinks(files, real)
    return makeStore(real, files)
  } catch (error) {
    throw storeProblem(error, root, "look at it")
  }
}

/** The same, for those who look after a store: a mistyped path is not an empty store, of which all is well. */
export function existingStore(root: string): Store {
  if (kindOf(root) === null) throw notUsable(root, `there is no store ${root}`)
  return openStore(root)
}

/** The store of a command. It need not be there yet, but where it would be, nothing else may be. */
import * as fs from "node:fs"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import { Problem } from "../support/problem.ts"
import { refuseLinks } from "../store/files/confined.ts"
import { nodeFileSystem } from "../store/files/file-system.ts"
import { makeStore, type StoreCalls } from "../store/store.ts"
import { storeProblem } from "../store/files/store-error.ts"

const elsewhere = "choose a folder with --store DIR or PROBELINE_STORE"
const files = nodeFileSystem()
const kindOf = (root: string) =>
  Effect.try({
    try: () => files.stat(root)?.kind ?? null,
    catch: (error) => storeProblem(error, root, "look at it")
  })
const notUsable = (root: string, message: string) =>
  Effect.fail(new Problem("StoreNotUsable", message, { file: root, hint: elsewhere }))

/**
 * The store's path may lead through links, which are resolved here, once. Fails with StoreNotUsable if the path is not
 * a folder, or if a folder of the store is a link.
 */
export const openStore = (root: string): Effect.Effect<StoreCalls, Problem> =>
  Effect.flatMap(kindOf(root), (kind) =>
    kind === null || kind === "folder"
      ? Effect.try({
          try: () => {
            const real = kind === null ? path.resolve(root) : fs.realpathSync(root)
            refuseLinks(files, real)
            return makeStore(real, files)
          },
          catch: (error) => storeProblem(error, root, "look at it")
        })
      : notUsable(root, `the store ${root} is a file, not a folder`)
  )

/** The same, for those who look after a store: a slip of the pen is not an empty one, of which all is well. */
export const existingStore = (root: string): Effect.Effect<StoreCalls, Problem> =>
  Effect.flatMap(kindOf(root), (kind) =>
    kind === null ? notUsable(root, `there is no store ${root}`) : openStore(root)
  )

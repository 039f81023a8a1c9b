/** The store of a command. It need not be there yet, but where it would be, nothing else may be. */
import * as Effect from "effect/Effect"
import { Problem } from "../pipeline/problem.ts"
import { nodeFileSystem } from "../store/file-system.ts"
import { makeStore, type StoreCalls } from "../store/store.ts"

/** Fails with StoreNotUsable where the path is no folder. */
export const openStore = (root: string): Effect.Effect<StoreCalls, Problem> => {
  const files = nodeFileSystem()
  const kind = files.stat(root)?.kind ?? "folder"
  return kind === "folder"
    ? Effect.succeed(makeStore(root, files))
    : Effect.fail(
        new Problem("StoreNotUsable", `the store ${root} is a file, not a folder`, {
          file: root,
          hint: "choose a folder with --store DIR or PROBELINE_STORE"
        })
      )
}

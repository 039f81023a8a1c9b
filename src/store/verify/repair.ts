/** Removes damaged files, so that nothing reads them and the next run computes them again. */
import * as Effect from "effect/Effect"
import type { Problem } from "../../support/problem.ts"
import { removeOwn } from "../files/confined.ts"
import { deleteFile } from "../gc/delete.ts"
import type { Store } from "../store.ts"
import { storeProblem } from "../files/store-error.ts"
import type { Verified } from "./verify.ts"
import { walkFolder } from "../gc/scan.ts"
import { runFolders } from "../files/own-names.ts"

/**
 * Keeps a file that was rewritten since it was found damaged. Removes a damaged object's views as well: they
 * are names of the same bytes. Returns the removed files.
 */
export const repairStore = (
  store: Store,
  { damaged, affected }: Pick<Verified, "damaged" | "affected">
): Effect.Effect<ReadonlyArray<string>, Problem> =>
  Effect.try({
    try: () => {
      const { files, layout } = store
      const removed = [...damaged, ...affected].filter(({ file, entry }) => {
        const now = files.entry(file)
        return now?.inode === entry.inode && deleteFile(files, file, entry) === "deleted"
      })
      const inodes = new Set(
        removed.flatMap(({ kind, entry }) => (kind === "object" || kind === "sidecar" ? entry.inode : []))
      )
      const runs = inodes.size === 0 ? [] : runFolders(files, layout)
      const views = runs.flatMap((run) => [...walkFolder(files, layout.run(run))])
      const names = views.flatMap(({ file, entry }) => {
        // a symlink to a removed file is dangling
        const isOf = entry.kind === "link" ? files.stat(file) === null : inodes.has(entry.inode)
        return isOf && removeOwn(files, file) ? file : []
      })
      return [...removed.map(({ file }) => file), ...names]
    },
    catch: (error) => storeProblem(error, store.root, "remove damaged files")
  })

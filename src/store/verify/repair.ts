/** Removes what is damaged, so that nobody is served it, and the next run computes it again. */
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
 * A file that was written anew since it was found damaged stays. Views of a damaged object go with it: they are names
 * of the same bytes. Gives the files that are gone.
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
        return now?.inode === entry.inode && deleteFile(files, file, entry) === "taken"
      })
      const inodes = new Set(
        removed.flatMap(({ kind, entry }) => (kind === "object" || kind === "sidecar" ? entry.inode : []))
      )
      const runs = inodes.size === 0 ? [] : runFolders(files, layout)
      const views = runs.flatMap((run) => [...walkFolder(files, layout.run(run))])
      const names = views.flatMap(({ file, entry }) => {
        // a symbolic link to what is gone leads nowhere
        const isOf = entry.kind === "link" ? files.stat(file) === null : inodes.has(entry.inode)
        return isOf && removeOwn(files, file) ? file : []
      })
      return [...removed.map(({ file }) => file), ...names]
    },
    catch: (error) => storeProblem(error, store.root, "remove what is damaged")
  })

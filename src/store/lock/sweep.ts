/** Removes unheld locks: every lock that was ever used leaves a folder with one small record. */
import { randomBytes } from "node:crypto"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import { removeTree } from "../files/confined.ts"
import { temporaryMark } from "../files/layout.ts"
import { fileNames } from "../files/own-names.ts"
import type { Store } from "../store.ts"
import { storeProblem } from "../files/store-error.ts"
import { withLock } from "./lock.ts"

/**
 * Safe next to running runs: a lock is removed only while this process holds it, and its folder is renamed
 * before it is emptied. A process that was about to take the lock finds its temporary file gone with the
 * folder, and starts again.
 *
 * Returns the number of removed locks; held locks stay. `now` in milliseconds since 1970.
 */
export const sweepLocks = Effect.fn("lock.sweepLocks")(function* (store: Store, now: () => number) {
  const attempt = <A>(act: () => A) =>
    Effect.try({ try: act, catch: (error) => storeProblem(error, store.root, "remove unused locks") })
  const { files, layout } = store
  let removed = 0
  for (const entry of (yield* attempt(() => files.list(layout.locks))) ?? []) {
    const folder = path.join(layout.locks, entry)
    if (files.entry(folder)?.kind !== "folder") continue
    // left by a sweep that was killed
    if (entry.includes(`.lock${temporaryMark}`)) yield* attempt(() => removeTree(files, folder))
    if (!entry.endsWith(".lock") || !hasRecordsAlone(store, folder)) continue
    const away = attempt(() => {
      const aside = `${folder}${temporaryMark}${randomBytes(6).toString("hex")}`
      files.rename(folder, aside)
      removeTree(files, aside)
      removed++
    })
    const name = entry.slice(0, -".lock".length)
    yield* withLock(store, name, { wait: false, onWait: () => {}, now })(away).pipe(
      Effect.catchIf(
        // another process holds it; or the disk is full, and locks take the least space
        ({ _tag }) => _tag === "StoreLocked" || _tag === "StoreFull",
        () => Effect.void
      )
    )
  }
  return removed
})

/** A folder that also contains other files stays. */
const hasRecordsAlone = ({ files }: Store, folder: string): boolean =>
  (files.list(folder) ?? []).every((name) => fileNames.lockRecord.test(name))

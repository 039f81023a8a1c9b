/**
 * Stamps: whoever uses a file of the store renews its time, so that gc, which spares what is young, leaves it.
 *
 * Renewing comes before reading. gc moves a file aside before it deletes it, and looks at the time again: either it
 * finds the new time and puts the file back, or who renews finds no file, which is a miss like any other.
 */
import * as path from "node:path"
import * as Effect from "effect/Effect"
import type { FileSystemCalls } from "./file-system.ts"
import { isDigest } from "./layout.ts"
import type { StoreCalls } from "../store.ts"

/** Says whether the file is there, and has its new time. One that another owns cannot be renewed, but written again. */
export function renewed(files: FileSystemCalls, file: string): boolean {
  try {
    // compared with the times that the file system gives, so that no clock of ours would do
    files.touch(file, Date.now())
    return true
  } catch {
    return false
  }
}

/** The store as a run uses it: what it finds there is renewed, so that a gc beside it takes nothing from it. */
export const renewing = (store: StoreCalls): StoreCalls => ({
  ...store,
  answers: store.answers.for((file) => renewed(store.files, file)),
  manifest: (digest) =>
    Effect.gen(function* () {
      const isRenewed = yield* Effect.sync(
        () => isDigest(digest) && renewed(store.files, store.layout.manifest(digest))
      )
      const manifest = yield* store.manifest(digest)
      // another's file: the same again, as a file of our own
      if (manifest !== null && !isRenewed) yield* store.putManifest(manifest)
      return manifest
    }),
  itemTraces: (stage, shared) =>
    Effect.gen(function* () {
      const folder = store.layout.itemTraces(stage, shared)
      yield* Effect.sync(() => {
        for (const name of store.files.list(folder) ?? []) renewed(store.files, path.join(folder, name))
      })
      return yield* store.itemTraces(stage, shared)
    })
})

/** The store as a run uses it. */
import * as path from "node:path"
import * as Effect from "effect/Effect"
import type { StoreCalls } from "./store.ts"
import { touched } from "./files/touch.ts"
import { isDigest } from "./files/layout.ts"

/** The store as a run uses it: what it finds there is renewed, so that a gc beside it takes nothing from it. */
export const touchingStore = (store: StoreCalls): StoreCalls => ({
  ...store,
  freshIndex: store.freshIndex.for((file) => touched(store.files, file)),
  manifest: (digest) =>
    Effect.gen(function* () {
      const isRenewed = yield* Effect.sync(
        () => isDigest(digest) && touched(store.files, store.layout.manifest(digest))
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
        for (const name of store.files.list(folder) ?? []) touched(store.files, path.join(folder, name))
      })
      return yield* store.itemTraces(stage, shared)
    })
})

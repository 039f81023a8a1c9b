/** The store as a run uses it: it touches everything it finds, so that a concurrent gc does not delete it. */
import * as path from "node:path"
import { isDigest } from "./files/layout.ts"
import { touched } from "./files/touch.ts"
import type { Store } from "./store.ts"

export const touchingStore = (store: Store): Store => ({
  ...store,
  freshIndex: store.freshIndex.for((file) => touched(store.files, file)),
  manifest: (digest) => {
    const isTouched = isDigest(digest) && touched(store.files, store.layout.manifest(digest))
    const manifest = store.manifest(digest)
    // another user's file cannot be touched; written again, it becomes ours
    if (manifest !== null && !isTouched) store.putManifest(manifest)
    return manifest
  },
  itemTraces: (stage, shared) => {
    const folder = store.layout.itemTraces(stage, shared)
    for (const name of store.files.list(folder) ?? []) touched(store.files, path.join(folder, name))
    return store.itemTraces(stage, shared)
  }
})

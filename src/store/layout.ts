/** Where things lie in a store. */
import * as path from "node:path"

/**
 * The store's folders and files, all under its root.
 *
 * Paths of what there are many of are put together as text: `path.join` took 5 µs a node of a no-op.
 */
export const layout = (root: string) => ({
  root,
  /** immutable files, named by the sha256 of their bytes */
  object: (sha256: string, extension: string) =>
    `${root}/objects/${sha256.slice(0, 2)}/${sha256}.${extension}`,
  /** one JSON file an artifact, named by the digest of its values */
  manifest: (digest: string) => `${manifests(root, digest)}/${digest}.json`,
  /** manifests whose digests begin alike */
  manifests: (digest: string) => manifests(root, digest),
  /** traces of one stage whose keys begin alike, a file a trace */
  traces: (stage: string, key: string) => `${root}/traces/${stage}/${key.slice(0, 2)}`,
  /** traces of one stage's items: a file a shard */
  itemTraces: (stage: string, shared: string) => path.join(root, "traces", stage, "items", shared),
  runs: path.join(root, "runs"),
  run: (id: string) => path.join(root, "runs", id),
  latest: path.join(root, "runs", "latest"),
  locks: path.join(root, "locks"),
  /** a lock is a folder of numbered records, the highest of which counts */
  lock: (name: string) => path.join(root, "locks", `${name}.lock`),
  /** may be deleted at any time */
  cache: path.join(root, "cache"),
  statCache: path.join(root, "cache", "stat.ndjson"),
  answers: path.join(root, "cache", "answers.ndjson"),
  identities: path.join(root, "cache", "identities.json"),
  gcMark: path.join(root, "cache", "gc"),
  /** a file for each gc that is under way */
  collecting: path.join(root, "cache", "collecting")
})
const manifests = (root: string, digest: string) => `${root}/manifests/${digest.slice(0, 2)}`
export type Layout = ReturnType<typeof layout>

/** The marker of a file that is not yet what its name says. */
export const temporaryMark = ".tmp-"

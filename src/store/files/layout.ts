/** The paths of everything in a store. */
import * as path from "node:path"
import { wrongSegment } from "../../support/file-names.ts"
import { Problem } from "../../support/problem.ts"

/**
 * The store's folders and files, all under its root.
 *
 * Names may come from a damaged file or from another program, so each is checked before it becomes part of a
 * path. Paths that are made very often are joined as text: `path.join` took 5 µs per node of a no-op.
 *
 * @throws Problem StoreCorrupt if a name is not valid
 */
export const layout = (root: string) => ({
  root,
  /** immutable files, named by the sha256 of their bytes */
  object: (sha256: string, extension: string) => {
    if (!isObjectName(sha256, extension)) throw noName(root, "an object", `${sha256}.${extension}`)
    return `${root}/objects/${sha256.slice(0, 2)}/${sha256}.${extension}`
  },
  /** one JSON file per artifact, named by the digest of its values */
  manifest: (digest: string) => {
    if (!isDigest(digest)) throw noName(root, "an artifact", digest)
    return `${manifests(root, digest)}/${digest}.json`
  },
  /** the folder of manifests with the same digest prefix */
  manifests: (digest: string) => manifests(root, digest),
  /** the folder of one stage's traces with the same key prefix, one file per trace */
  traces: (stage: string, key: string) =>
    `${root}/traces/${named(root, "a stage", stage)}/${named(root, "a key", key).slice(0, 2)}`,
  /** traces of one stage's items, one file per shard */
  itemTraces: (stage: string, shared: string) =>
    `${root}/traces/${named(root, "a stage", stage)}/items/${named(root, "a key", shared)}`,
  runs: path.join(root, "runs"),
  run: (id: string) => `${root}/runs/${named(root, "a run", id)}`,
  latest: path.join(root, "runs", "latest"),
  /** a symlink for each pipeline, to its last complete run */
  complete: path.join(root, "latest"),
  locks: path.join(root, "locks"),
  /** a lock is a folder of numbered records; the highest number counts */
  lock: (name: string) => `${root}/locks/${named(root, "a lock", name)}.lock`,
  /** may be deleted at any time */
  cache: path.join(root, "cache"),
  statCache: path.join(root, "cache", "stat.ndjson"),
  answers: path.join(root, "cache", "answers.ndjson"),
  identities: path.join(root, "cache", "identities.json"),
  gcMark: path.join(root, "cache", "gc"),
  /** one file per running gc */
  collecting: path.join(root, "cache", "collecting")
})
const manifests = (root: string, digest: string) => `${root}/manifests/${digest.slice(0, 2)}`

const hexadecimal = /^[0-9a-f]{64}$/
const extensions = /^[a-z0-9]{1,8}$/
/** Whether a text has the form of a digest: 64 hexadecimal digits. */
export const isDigest = (text: unknown): text is string => typeof text === "string" && hexadecimal.test(text)
export const isObjectName = (sha256: unknown, extension: unknown): boolean =>
  isDigest(sha256) && typeof extension === "string" && extensions.test(extension)

function named(root: string, what: string, name: string): string {
  if (wrongSegment(name, mostLockBytes) !== null) throw noName(root, what, name)
  return name
}
/** A lock's name is a stage and 32 digits. */
const mostLockBytes = 150
const noName = (root: string, what: string, name: unknown) =>
  new Problem(
    "StoreCorrupt",
    `a file of the store has an invalid name for ${what}: ${JSON.stringify(name)}`,
    {
      file: root,
      hint: "run `probeline verify --repair`, then the pipeline: it computes missing results again"
    }
  )
export type Layout = ReturnType<typeof layout>

/** Marks a file that is still being written under a temporary name. */
export const temporaryMark = ".tmp-"

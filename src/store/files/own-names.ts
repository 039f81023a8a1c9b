/**
 * The names that the store makes, by their place below its root. Any other file belongs to the user: gc does
 * not count it, and nothing deletes it.
 */
import * as path from "node:path"
import type { DirectoryEntry, FileSystem } from "./file-system.ts"
import { temporaryMark, type Layout } from "./layout.ts"

/** The end of a temporary file's name: a process id, a random word, or both. */
const temporaryEnd = /\.tmp-(?:gc-)?[0-9a-f]+(?:-[0-9a-f]+)?$/
export const isTemporary = (name: string): boolean => name.includes(temporaryMark) && temporaryEnd.test(name)

const digest = "[0-9a-f]{64}"
const segment = "[^/]+"

/** Patterns of file names, by folder. */
export const fileNames = {
  object: new RegExp(`^${digest}\\.[a-z0-9]{1,8}$`),
  manifest: new RegExp(`^${digest}\\.json$`),
  trace: new RegExp(`^${digest}(?:-[0-9a-f]{16})?\\.json$`),
  itemTrace: /^[0-9a-f]{32}\.json$/,
  /** the name of the object that holds a table merged for a view */
  note: new RegExp(`^${digest}\\.(?:table|items)\\.json$`),
  /** the run that has views of these artifacts */
  shown: new RegExp(`^${digest}\\.run\\.json$`),
  summary: new RegExp(`^${digest}-[0-9a-f]+\\.json$`),
  bundle: /^[0-9a-f]{32}\.(?:json|mjs|mjs\.map)$/,
  /** one file per running gc */
  collecting: /^[0-9]+-[0-9a-f]{12}\.json$/,
  /** in a lock: one number per holder, and the file that a process writes before it takes a number */
  lockRecord: /^(?:[1-9][0-9]*|record\.tmp-[0-9a-f]+)$/,
  cache: /^(?:stat\.ndjson|answers\.ndjson|identities\.json|gc)$/,
  ofRun: /^(?:run\.json|log\.ndjson|pinned|labels\.json)$/,
  view: /\.(?:parquet|arrow)$/,
  /** a figure that a run drew */
  picture: /\.svg$/
} as const

/**
 * Cache folders with facts about artifacts, each file named by its artifact's digest. A cache registered here
 * needs nothing else: gc deletes its files together with their artifacts.
 */
export const artifactCaches = { summaries: fileNames.summary } as const satisfies Record<string, RegExp>

/** The form of `runId`'s ids. */
const runName = /^[0-9]{8}-[0-9]{6}\.[0-9]{3}-[0-9a-f]{4}$/
export const isRunName = (name: string): boolean => runName.test(name)

interface Place {
  readonly folder: RegExp
  readonly files: ReadonlyArray<RegExp>
}
const place = (folder: string, ...files: ReadonlyArray<RegExp>): Place => ({
  folder: new RegExp(`^${folder}$`),
  files
})
const { ofRun, view } = fileNames
const places: ReadonlyArray<Place> = [
  place("objects/[0-9a-f]{2}", fileNames.object),
  place("manifests/[0-9a-f]{2}", fileNames.manifest),
  place(`traces/${segment}/[0-9a-f]{2}`, fileNames.trace),
  place(`traces/${segment}/items/${digest}`, fileNames.itemTrace),
  place("runs", /^latest$/),
  place("latest", /^[^/]+$/),
  place(`runs/${segment}`, ofRun, view),
  place(`runs/${segment}/.+`, view),
  place(`runs/${segment}/figures`, fileNames.picture),
  place(`locks/${segment}\\.lock(?:\\.tmp-[0-9a-f]+)?`, fileNames.lockRecord),
  place("cache", fileNames.cache),
  place("cache/collecting", fileNames.collecting),
  place("cache/views", fileNames.note, fileNames.shown),
  ...Object.entries(artifactCaches).map(([folder, name]) => place(`cache/${folder}`, name)),
  place("cache/pipelines", fileNames.bundle)
]

/** Whether the store makes a file or symlink at this path, relative to its root. */
export function isOwn(relative: string, { kind, target }: Pick<DirectoryEntry, "kind" | "target">): boolean {
  const slash = relative.lastIndexOf("/")
  const [folder, name] = [relative.slice(0, Math.max(slash, 0)), relative.slice(slash + 1)]
  const found = places.filter((one) => one.folder.test(folder))
  if (found.length === 0) return false
  if (isTemporary(name) || found.some(({ files }) => files.some((file) => file.test(name)))) return true
  // the views of another run that this run shows
  return kind === "link" && /^runs\/[^/]+$/.test(folder) && sharedView.exec(target ?? "")?.[1] === name
}
const sharedView = /^\.\.\/[^/]+\/([^/]+)$/

/** Folders that the store makes, and gc removes when empty. */
const emptied = [
  /^(?:objects|manifests)\/[0-9a-f]{2}$/,
  new RegExp(`^traces/${segment}(?:/(?:[0-9a-f]{2}|items(?:/${digest})?))?$`)
]
export const isOwnFolder = (relative: string): boolean => emptied.some((folder) => folder.test(relative))

/**
 * Run folders: those with a record, and those with a run's name, since a run killed early has no record.
 * Symlinks do not count.
 */
export const runFolders = (files: FileSystem, { runs, run }: Layout): ReadonlyArray<string> =>
  (files.list(runs) ?? []).filter(
    (name) =>
      !name.includes(temporaryMark) &&
      files.entry(run(name))?.kind === "folder" &&
      (isRunName(name) || files.entry(path.join(run(name), "run.json"))?.kind === "file")
  )

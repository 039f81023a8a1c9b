/**
 * Scans the store for every file that gc may judge, classified by place and name. Files with other names
 * belong to users and are left alone; so are `locks/` and the caches that are single files.
 */
import * as path from "node:path"
import type { DirectoryEntry, FileSystem } from "../files/file-system.ts"
import type { Layout } from "../files/layout.ts"
import { artifactCaches, fileNames, isOwnFolder, isTemporary } from "../files/own-names.ts"

export type FolderKind =
  | "objects"
  | "manifests"
  | "traces"
  /** names of the objects that hold tables merged for views */
  | "notes"
  /** the name of the run that has views of these artifacts */
  | "shown"
  | keyof typeof artifactCaches
  /** bundles of pipeline files */
  | "pipelines"
  | "temporary"
export interface ScannedFile {
  readonly room: FolderKind
  readonly file: string
  /** the file's name up to its first dot: a digest, if it has one */
  readonly name: string
  readonly entry: DirectoryEntry
}

/** Yields files folder by folder, in no particular order, without the folders `runs/<run>/`. */
export function* scanStore(files: FileSystem, layout: Layout): Generator<ScannedFile> {
  const inside = (...names: ReadonlyArray<string>) => path.join(layout.root, ...names)
  for (const folder of subfolders(files, inside("objects")))
    yield* named(files, folder, { objects: fileNames.object })
  for (const folder of subfolders(files, inside("manifests")))
    yield* named(files, folder, { manifests: fileNames.manifest })
  for (const stage of subfolders(files, inside("traces"))) {
    for (const folder of subfolders(files, stage)) yield* named(files, folder, { traces: fileNames.trace })
    for (const folder of subfolders(files, path.join(stage, "items")))
      yield* named(files, folder, { traces: fileNames.itemTrace })
  }
  yield* named(files, inside("cache", "views"), { notes: fileNames.note, shown: fileNames.shown })
  for (const [folder, pattern] of Object.entries(artifactCaches))
    yield* named(files, inside("cache", folder), { [folder]: pattern })
  yield* named(files, inside("cache", "pipelines"), { pipelines: fileNames.bundle })
  yield* named(files, layout.cache, {})
  yield* named(files, layout.runs, {})
}

/** The subfolders that a top folder of the store made, deepest first: they may be empty. */
export function* foldersToScan(files: FileSystem, layout: Layout): Generator<string> {
  for (const room of ["objects", "manifests", "traces"])
    for (const folder of below(files, path.join(layout.root, room)))
      if (isOwnFolder(path.relative(layout.root, folder))) yield folder
}
function* below(files: FileSystem, folder: string): Generator<string> {
  for (const inner of subfolders(files, folder)) {
    yield* below(files, inner)
    yield inner
  }
}

/** A symlink has none. */
function* subfolders(files: FileSystem, folder: string): Generator<string> {
  for (const name of namesIn(files, folder)) {
    const inner = path.join(folder, name)
    if (files.entry(inner)?.kind === "folder") yield inner
  }
}

/**
 * A folder's files that match a pattern, and temporary ones; a temporary name in `runs/` may be a folder's.
 */
function* named(
  files: FileSystem,
  folder: string,
  rooms: Partial<Record<FolderKind, RegExp>>
): Generator<ScannedFile> {
  const patterns = Object.entries(rooms) as ReadonlyArray<[FolderKind, RegExp]>
  for (const base of namesIn(files, folder)) {
    const its = isTemporary(base) ? "temporary" : patterns.find(([, pattern]) => pattern.test(base))?.[0]
    if (its === undefined) continue
    const file = path.join(folder, base)
    const entry = files.entry(file)
    if (entry === null || (its !== "temporary" && entry.kind !== "file")) continue
    yield { room: its, file, name: /^[^.-]*/.exec(base)![0], entry }
  }
}

const namesIn = (files: FileSystem, folder: string): ReadonlyArray<string> =>
  files.entry(folder)?.kind === "folder" ? (files.list(folder) ?? []) : []

export function* walkFolder(
  files: FileSystem,
  at: string
): Generator<{ readonly file: string; readonly entry: DirectoryEntry }> {
  const entry = files.entry(at)
  if (entry === null) return
  if (entry.kind !== "folder") return yield { file: at, entry }
  for (const name of files.list(at) ?? []) yield* walkFolder(files, path.join(at, name))
}

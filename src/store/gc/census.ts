/**
 * The census: every file of the store that gc may judge, by what its place and name say it is. What has another name
 * is somebody's own, and is left alone; so are `locks/` and the caches that are single files.
 */
import * as path from "node:path"
import type { Entry, FileSystemCalls } from "../file-system.ts"
import { type Layout, temporaryMark } from "../layout.ts"

export type Room =
  | "objects"
  | "manifests"
  | "traces"
  /** tables that were put together for views: a note of the object's name */
  | "notes"
  /** the name of the run that has views of so many artifacts */
  | "shown"
  | "summaries"
  /** bundles of pipeline files */
  | "pipelines"
  | "temporary"
export interface Found {
  readonly room: Room
  readonly file: string
  /** the file's name, up to its first dot: a digest, where it has one */
  readonly name: string
  readonly entry: Entry
}

const object = /^[0-9a-f]{64}\.[a-z0-9]{1,8}$/
const manifest = /^[0-9a-f]{64}\.json$/
const note = /^[0-9a-f]{64}\.(table|items)\.json$/
const shown = /^[0-9a-f]{64}\.run\.json$/
const summary = /^[0-9a-f]{64}-[0-9a-f]+\.json$/
const bundle = /^[0-9a-f]{32}\.(json|mjs|mjs\.map)$/

/** In no order that matters, but a folder at a time. The folders `runs/<run>/` are not in it. */
export function* census(files: FileSystemCalls, layout: Layout): Generator<Found> {
  const inside = (...names: ReadonlyArray<string>) => path.join(layout.root, ...names)
  for (const folder of subfolders(files, inside("objects"))) yield* named(files, folder, { objects: object })
  for (const folder of subfolders(files, inside("manifests")))
    yield* named(files, folder, { manifests: manifest })
  yield* traces(files, inside("traces"))
  yield* named(files, inside("cache", "views"), { notes: note, shown })
  yield* named(files, inside("cache", "summaries"), { summaries: summary })
  yield* named(files, inside("cache", "pipelines"), { pipelines: bundle })
  yield* named(files, layout.cache, {})
  yield* named(files, layout.runs, {})
}

/** Folders below a room that it made itself, the deepest first: they may be empty. */
export function* roomFolders(files: FileSystemCalls, layout: Layout): Generator<string> {
  for (const room of ["objects", "manifests"]) yield* subfolders(files, path.join(layout.root, room))
  yield* below(files, path.join(layout.root, "traces"))
}
function* below(files: FileSystemCalls, folder: string): Generator<string> {
  for (const inner of subfolders(files, folder)) {
    yield* below(files, inner)
    yield inner
  }
}

function* subfolders(files: FileSystemCalls, folder: string): Generator<string> {
  for (const name of files.list(folder) ?? []) {
    const inner = path.join(folder, name)
    if (files.entry(inner)?.kind === "folder") yield inner
  }
}

/** Files of a folder whose name is of a room's pattern, and temporary ones; a temporary name in `runs/` may be a folder's. */
function* named(
  files: FileSystemCalls,
  folder: string,
  rooms: Partial<Record<Room, RegExp>>
): Generator<Found> {
  const patterns = Object.entries(rooms) as ReadonlyArray<[Room, RegExp]>
  for (const base of files.list(folder) ?? []) {
    const its = base.includes(temporaryMark)
      ? "temporary"
      : patterns.find(([, pattern]) => pattern.test(base))?.[0]
    if (its === undefined) continue
    const file = path.join(folder, base)
    const entry = files.entry(file)
    if (entry === null || (its !== "temporary" && entry.kind !== "file")) continue
    yield { room: its, file, name: /^[^.-]*/.exec(base)![0], entry }
  }
}

/** `traces/<stage>/…`: a stage's name may look like a temporary file's, but only files are taken for one. */
function* traces(files: FileSystemCalls, folder: string): Generator<Found> {
  for (const base of files.list(folder) ?? []) {
    const file = path.join(folder, base)
    const entry = files.entry(file)
    if (entry?.kind === "folder") yield* traces(files, file)
    else if (entry?.kind === "file" && base.includes(temporaryMark))
      yield { room: "temporary", file, name: base, entry }
    else if (entry?.kind === "file" && base.endsWith(".json"))
      yield { room: "traces", file, name: base.slice(0, -".json".length), entry }
  }
}

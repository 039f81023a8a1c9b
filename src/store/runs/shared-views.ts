/**
 * Shares views between runs of many nodes: a run that finds all artifacts as an earlier run left them shows
 * that run's views, through one symlink per folder. Links to 10,000 tables took a fifth of such a run.
 *
 * gc keeps the run with the views as long as a run that shows them (`RunRecord.views`).
 */
import { createHash } from "node:crypto"
import * as path from "node:path"
import { mostIdBytes, wrongSegment } from "../../support/file-names.ts"
import { readCache, writeCache } from "../fresh/cache-file.ts"
import { removeTree } from "../files/confined.ts"
import { fileNames, isTemporary } from "../files/own-names.ts"
import { touched } from "../files/touch.ts"
import type { Store } from "../store.ts"

/** With fewer nodes, each run has views of its own, independent of other runs' folders. */
export const sharedFrom = 500

interface Note {
  readonly run: string
  /** names in the run's folder */
  readonly entries: ReadonlyArray<string>
}

/** Digest of what a run shows: nodes and their artifacts. */
export function showDigest(artifacts: Iterable<readonly [node: string, digest: string]>): string {
  const hash = createHash("sha256")
  let text = ""
  for (const [node, digest] of artifacts) {
    text += `${node}\0${digest}\n`
    if (text.length < 1 << 16) continue
    hash.update(text)
    text = ""
  }
  return hash.update(text).digest("hex")
}

/**
 * Shows the views of the run that recorded these artifacts. Returns its id; null if no run still has them
 * all.
 */
export function showViews({ files, layout }: Store, run: string, shown: string): string | null {
  const note = readCache<Note>(files, noteFile(layout.cache, shown))
  if (note === null || note.run === run) return null
  if ([note.run, ...note.entries].some((name) => wrongSegment(name, mostIdBytes) !== null)) return null
  const record = path.join(layout.run(note.run), "run.json")
  // touched before the check: a gc that is about to delete the run sees the new time, and leaves it
  if (!touched(files, record)) return null
  if (note.entries.some((name) => files.entry(path.join(layout.run(note.run), name)) === null)) return null
  files.makeFolder(layout.run(run))
  for (const name of note.entries)
    files.symlink(path.join("..", note.run, name), path.join(layout.run(run), name))
  return note.run
}

/** Removes all views of a run, its own or symlinks to another's. */
export function clearViews({ files, layout }: Store, run: string): void {
  for (const name of viewsIn(files.list(layout.run(run)) ?? []))
    removeTree(files, path.join(layout.run(run), name))
}

const viewsIn = (names: ReadonlyArray<string>) =>
  names.filter((name) => !fileNames.ofRun.test(name) && !isTemporary(name))

/** Records that a run's folder has views of all these artifacts. */
export function noteViews({ files, layout }: Store, run: string, shown: string): void {
  const note: Note = { run, entries: viewsIn(files.list(layout.run(run)) ?? []) }
  writeCache(files, noteFile(layout.cache, shown), note)
}

const noteFile = (cache: string, shown: string) => path.join(cache, "views", `${shown}.run.json`)

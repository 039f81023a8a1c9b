/**
 * Views of many nodes: a run that finds all artifacts as an earlier run left them shows that run's views, by a
 * symbolic link for each of their folders. Links to 10,000 tables were a fifth of such a run.
 *
 * The run whose views they are is kept as long as one that shows them (`RunRecord.views`).
 */
import { createHash } from "node:crypto"
import * as path from "node:path"
import { mostIdBytes, wrongSegment } from "../../support/file-names.ts"
import { readCache, writeCache } from "../fresh/cache-file.ts"
import { removeTree } from "../files/confined.ts"
import { fileNames, isTemporary } from "../files/own-names.ts"
import { touched } from "../files/touch.ts"
import type { Store } from "../store.ts"

/** Of fewer nodes, each run has views of its own, which are there whatever becomes of other runs' folders. */
export const sharedFrom = 500

interface Note {
  readonly run: string
  /** names in the run's folder */
  readonly entries: ReadonlyArray<string>
}

/** What a run shows: nodes, and their artifacts. */
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

/** Shows the views of the run that has noted them. Gives its id; null where there is none that has them all still. */
export function showViews({ files, layout }: Store, run: string, shown: string): string | null {
  const note = readCache<Note>(files, noteFile(layout.cache, shown))
  if (note === null || note.run === run) return null
  if ([note.run, ...note.entries].some((name) => wrongSegment(name, mostIdBytes) !== null)) return null
  const record = path.join(layout.run(note.run), "run.json")
  // before it is looked at: a gc that is about to take the run sees the new time, and leaves it
  if (!touched(files, record)) return null
  if (note.entries.some((name) => files.entry(path.join(layout.run(note.run), name)) === null)) return null
  files.makeFolder(layout.run(run))
  for (const name of note.entries)
    files.symlink(path.join("..", note.run, name), path.join(layout.run(run), name))
  return note.run
}

/** Takes all views of a run away, its own or links to another's. */
export function clearViews({ files, layout }: Store, run: string): void {
  for (const name of viewsIn(files.list(layout.run(run)) ?? []))
    removeTree(files, path.join(layout.run(run), name))
}

const viewsIn = (names: ReadonlyArray<string>) =>
  names.filter((name) => !fileNames.ofRun.test(name) && !isTemporary(name))

/** Notes that a run's folder has views of all of this. */
export function noteViews({ files, layout }: Store, run: string, shown: string): void {
  const note: Note = { run, entries: viewsIn(files.list(layout.run(run)) ?? []) }
  writeCache(files, noteFile(layout.cache, shown), note)
}

const noteFile = (cache: string, shown: string) => path.join(cache, "views", `${shown}.run.json`)

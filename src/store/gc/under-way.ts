/**
 * Tells whether a gc is running: each gc has a file of its own in the cache while it works.
 *
 * A gc first decides what is reached and then deletes the rest, so a run that looks in between may find files
 * that are about to be deleted. Such a run touches what it finds (`touching-store.ts`), which gc notices. The
 * file is written before the gc mark: a process that reads the mark and then finds no such file will see the
 * mark of any later gc (`gc-mark.ts`).
 */
import { randomBytes } from "node:crypto"
import * as path from "node:path"
import type { FileSystem } from "../files/file-system.ts"
import type { Layout } from "../files/layout.ts"
import { lifeOf, type ProcessIdentity, thisProcess } from "../files/process-identity.ts"
import { artifactCaches, fileNames } from "../files/own-names.ts"
import { replaceFile } from "../files/replace-file.ts"
import { leaveMark } from "../files/gc-mark.ts"
import { jsonOf } from "./json.ts"

/** How long after its start a gc counts as running if its process is not visible (another host). */
const silentMs = 24 * 3_600_000

/**
 * Announces a gc and leaves its mark; removes the files of gcs that died. Returns the function that ends the
 * announcement.
 *
 * On a full disk, where gc is needed most, it first deletes caches that can be made again. If there is still
 * no room, gc goes on unannounced: a run that starts now has no room for its record either, and fails.
 */
export function beginGc(files: FileSystem, layout: Layout): () => void {
  for (const makeRoom of [() => clearCaches(files, layout), null])
    try {
      return announce(files, layout)
    } catch (error) {
      if (!isFull(error)) throw error
      makeRoom?.()
    }
  return () => undefined
}

const isFull = (error: unknown) => ["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "")

/** Bundles of pipelines, and tables merged for views. */
function clearCaches(files: FileSystem, { cache }: Layout): void {
  for (const folder of ["pipelines", ...Object.keys(artifactCaches)])
    for (const name of files.list(path.join(cache, folder)) ?? [])
      files.remove(path.join(cache, folder, name))
}

function announce(files: FileSystem, layout: Layout): () => void {
  const { collecting } = layout
  const me = thisProcess(files)
  for (const name of files.list(collecting) ?? []) {
    const file = path.join(collecting, name)
    if (fileNames.collecting.test(name) && !isAlive(files, file, me)) files.remove(file)
  }
  const own = path.join(collecting, `${process.pid}-${randomBytes(6).toString("hex")}.json`)
  files.makeFolder(collecting)
  const end = () => files.remove(own)
  replaceFile(files, own, JSON.stringify(me))
  try {
    leaveMark(files, layout)
  } catch (error) {
    end()
    throw error
  }
  return end
}

export function isGcUnderWay(files: FileSystem, { collecting }: Layout): boolean {
  const names = (files.list(collecting) ?? []).filter((name) => fileNames.collecting.test(name))
  if (names.length === 0) return false
  const me = thisProcess(files)
  return names.some((name) => isAlive(files, path.join(collecting, name), me))
}

function isAlive(files: FileSystem, file: string, me: ProcessIdentity): boolean {
  const bytes = files.readIfPresent(file)
  const began = files.statFile(file)?.mtimeMs
  if (bytes === null || began === undefined) return false
  const its = jsonOf<ProcessIdentity>(bytes)
  const life = its === null ? "unknown" : lifeOf(its, me, files)
  return life === "unknown" ? began + silentMs > Date.now() : life === "alive"
}

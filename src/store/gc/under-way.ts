/**
 * Whether a gc is under way: each has a file of its own in the cache for as long as it works.
 *
 * A gc decides what is reached and takes the rest afterwards, so that a run which looks in between may find what goes
 * in a moment. Such a run renews what it finds (`renewing`), which gc sees. The file comes before the mark that a gc
 * leaves: who reads the mark and then finds no file sees the mark of a later gc change (`gc-mark.ts`).
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

/** One whose process cannot be seen (another host) counts for so long after it began. */
const silentMs = 24 * 3_600_000

/**
 * Says that a gc is under way, leaves its mark, and gives what says that it is over. Files of such that have died are
 * taken away.
 *
 * On a full disk, where gc is wanted most, caches that can be made again go first. If there is no room even then, gc
 * goes on unannounced: a run that comes now has no room for its record either, and fails.
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

/** Bundles of pipelines, and what was put together to be shown. */
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

/**
 * Caches bundles on disk, so that an unchanged pipeline file loads in milliseconds, without rolldown.
 *
 * An entry is a JSON file named by the pipeline's path, and a bundle named by its own digest. An invalid entry (missing,
 * torn, of another version, with changed inputs) is rebuilt.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { readRegular } from "../support/regular-file.ts"
import { readCache, writeCache } from "../store/fresh/cache-file.ts"
import { unlessUnreadable } from "../store/files/unreadable.ts"
import { replaceFile } from "../store/files/replace-file.ts"
import { nodeFileSystem } from "../store/files/file-system.ts"
import type { Bundle } from "./bundle/bundle.ts"
import { digestOf, sha256 } from "./bundle/hash.ts"
import { areFresh, type Input, type Surroundings } from "./bundle/inputs.ts"
import type { CodeParts } from "./bundle/stage-code.ts"
import type { ForeignState } from "./state/foreign-state.ts"

const files = nodeFileSystem()
/** Bumped when the meaning of stored data changes. */
const format = 3

export interface CachedBundle {
  readonly format: number
  readonly pipeline: string
  /** the Probeline that it is bound to, as a file URL */
  readonly own: string
  readonly inputs: ReadonlyArray<Input>
  readonly surroundings: Surroundings
  /** sha256 of the bundle's bytes, which also names its file */
  readonly bundle: string
  readonly packages: Bundle["packages"]
  /** codes of the stages exported by local modules, by module and export */
  readonly codes: Readonly<Record<string, Readonly<Record<string, CodeParts>>>>
  /** state that stages of local modules read and other code sets: module, export and variables */
  readonly foreign: ReadonlyArray<readonly [string, string, ReadonlyArray<ForeignState>]>
  /** variables around stages that are not exported, by stage name; `*` for a computed name */
  readonly enclosed: ReadonlyArray<readonly [string, ReadonlyArray<ForeignState>]>
}

export const bundleFile = (folder: string, sha: string): string =>
  path.join(folder, `${sha.slice(0, 32)}.mjs`)
const entryFile = (folder: string, pipeline: string, own: string) =>
  path.join(folder, `${digestOf("pipeline", pipeline, own).slice(0, 32)}.json`)

export function readCached(folder: string, pipeline: string, own: string): CachedBundle | null {
  const entry = readCache<CachedBundle>(files, entryFile(folder, pipeline, own))
  if (entry?.format !== format || entry.pipeline !== pipeline || entry.own !== own) return null
  return unlessUnreadable(() => {
    if (!areFresh(entry.inputs, entry.surroundings)) return null
    if (sha256(readRegular(bundleFile(folder, entry.bundle))) !== entry.bundle) return null
    touch(bundleFile(folder, entry.bundle))
    return entry
  })
}

/** Touches the bundle: workers import it later, and gc keeps recent files. */
function touch(file: string): void {
  try {
    fs.lutimesSync(file, new Date(), new Date())
  } catch {
    // owned by another user, or read-only: then only its owner's gc deletes it
  }
}

/** Writes a bundle and its source map, and returns the bundle's file. */
export function writeBundle(
  folder: string,
  { code, map }: Bundle
): { readonly sha: string; readonly file: string } {
  const sha = sha256(code)
  const file = bundleFile(folder, sha)
  replaceFile(files, `${file}.map`, map)
  replaceFile(files, file, code)
  return { sha, file }
}

export function writeEntry(folder: string, entry: Omit<CachedBundle, "format">): void {
  writeCache(files, entryFile(folder, entry.pipeline, entry.own), { format, ...entry })
}

/**
 * Which bundles of pipeline files are kept: those of kept runs' pipelines. The others are bundled again when they
 * are needed.
 */
import * as path from "node:path"
import type { FileSystemCalls } from "../files/file-system.ts"
import type { Found } from "./scan.ts"
import { readJson } from "./json.ts"
import type { Reach } from "./mark.ts"

/** As the loader writes it, beside the bundles: one a pipeline file. */
interface Entry {
  readonly pipeline?: unknown
  /** sha256 of the bundle: its file is named by the first half */
  readonly bundle?: unknown
}

/** The files that stay, of those found in `cache/pipelines`. */
export function keptBundles(
  files: FileSystemCalls,
  found: ReadonlyArray<Found>,
  reach: Reach
): ReadonlySet<string> {
  const kept = new Set<string>()
  for (const one of found) {
    if (reach.isYoung(one)) kept.add(one.file)
    if (!one.file.endsWith(".json")) continue
    const { pipeline, bundle } = readJson<Entry>(files, one.file) ?? {}
    const isOfRun = typeof pipeline === "string" && reach.pipelines.has(pipeline)
    if (!kept.has(one.file) && !isOfRun) continue
    kept.add(one.file)
    if (typeof bundle !== "string") continue
    const file = path.join(path.dirname(one.file), `${bundle.slice(0, 32)}.mjs`)
    kept.add(file).add(`${file}.map`)
  }
  return kept
}

/**
 * Finds the runs of one pipeline by reading only the beginning of their records.
 *
 * A record of 10,000 nodes is 4 MB of JSON, and a store may hold hundreds of runs of other pipelines: only
 * the first few kilobytes of those are read, which name the pipeline, and nothing is parsed.
 */
import * as path from "node:path"
import type { RunRecord } from "../records/run-record.ts"
import type { Store } from "../store.ts"

/** The pipeline of a run: an absolute file, and a name in it. */
export type RunOwner = Pick<RunRecord, "pipeline" | "file">

/** Bytes that contain the first fields of a record, unless paths are very long. */
const headBytes = 4096

/**
 * Ids of a pipeline's runs, newest first, found lazily.
 *
 * Runs of its file come first, then runs of the same name from files that no longer exist: a file that was
 * moved or renamed keeps its history, and does not get that of another file with the same name. The beginning
 * of a record is not verified: the record is read whole, and its checksum verified, before anything else in
 * it is used.
 *
 * @param ids ids of runs, oldest first
 * @throws Node's error if a record exists and cannot be read
 */
export function* runsOf(
  store: Store,
  ids: ReadonlyArray<string>,
  { pipeline, file }: RunOwner
): Generator<string, void, undefined> {
  const ofOthers: Array<{ readonly id: string; readonly file: string }> = []
  for (const id of ids.toReversed()) {
    const owner = ownerOf(store, id)
    if (owner?.pipeline !== pipeline) continue
    if (owner.file === file) yield id
    else ofOthers.push({ id, file: owner.file })
  }
  const gone = new Map<string, boolean>()
  for (const other of ofOthers) {
    if (!gone.has(other.file)) gone.set(other.file, isGone(store, other.file))
    if (gone.get(other.file) === true) yield other.id
  }
}

/** Null if there is no record, or it does not name its pipeline, for instance because it is damaged. */
function ownerOf({ files, layout }: Store, id: string): RunOwner | null {
  const record = path.join(layout.run(id), "run.json")
  if (files.statFile(record) === null) return null
  const bytes = files.readRange(record, 0, headBytes)
  const owner = ownerIn(bytes)
  if (owner !== null || bytes.length < headBytes) return owner
  const whole = files.readIfPresent(record)
  return whole === null ? null : ownerIn(whole)
}

/**
 * Each field has a line of its own (`withChecksum`), and no line of a nested value is indented by exactly two
 * spaces.
 */
const fieldOf = (text: string, name: keyof RunOwner): string | null => {
  const found = new RegExp(`^ {2}"${name}": ("(?:[^"\\\\]|\\\\.)*"),?$`, "m").exec(text)
  return found === null ? null : (JSON.parse(found[1]!) as string)
}
function ownerIn(bytes: Uint8Array): RunOwner | null {
  const text = new TextDecoder().decode(bytes)
  const [pipeline, file] = [fieldOf(text, "pipeline"), fieldOf(text, "file")]
  return pipeline === null || file === null ? null : { pipeline, file }
}

function isGone({ files }: Store, file: string): boolean {
  try {
    return files.entry(file) === null
  } catch {
    return false // unknown: without permission to read its folder, the file may still exist
  }
}

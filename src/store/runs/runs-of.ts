/**
 * The runs of one pipeline, told from others' by the beginning of their records.
 *
 * A record of 10,000 nodes is 4 MB of JSON, and a store may hold hundreds of other pipelines' runs: of those the first
 * few kilobytes are read, where `run.json` says whose it is, and nothing is parsed.
 */
import * as path from "node:path"
import type { RunRecord } from "../records/run-record.ts"
import type { Store } from "../store.ts"

/** Whose a run is: a pipeline is a file, absolute, and the name in it. */
export type RunOwner = Pick<RunRecord, "pipeline" | "file">

/** Bytes that hold the first fields of a record, but for very long paths. */
const headBytes = 4096

/**
 * Ids of a pipeline's runs, the newest first, each looked for when it is asked for.
 *
 * After those of its file come those of the same name whose file is no longer there: so a file that was moved or
 * renamed keeps its past, and one that lies beside another of the same name does not get that one's. Beginnings are
 * not checked against the record's seal: it is read whole before anything else of it is believed.
 *
 * @param ids of runs, the oldest first
 * @throws Node's error where a record is there and cannot be read
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

/** Null where there is no record, or one that does not say it, as a damaged one. */
function ownerOf({ files, layout }: Store, id: string): RunOwner | null {
  const record = path.join(layout.run(id), "run.json")
  if (files.statFile(record) === null) return null
  const bytes = files.readRange(record, 0, headBytes)
  const owner = ownerIn(bytes)
  if (owner !== null || bytes.length < headBytes) return owner
  const whole = files.readIfPresent(record)
  return whole === null ? null : ownerIn(whole)
}

/** Fields stand a line each (`sealed`), and no line of a nested value is indented by two spaces. */
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
    return false // it may be there: who cannot look into its folder does not know
  }
}

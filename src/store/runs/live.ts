/** Tells whether a run with status "running" is still alive. */
import * as path from "node:path"
import type { FileSystem } from "../files/file-system.ts"
import { lifeOf, type ProcessIdentity, thisProcess } from "../files/process-identity.ts"
import type { RunRecord } from "../records/run-record.ts"
import type { Store } from "../store.ts"

/**
 * How long after its last write a run counts as running if its process cannot be checked (another host, a
 * record without a process).
 */
const silentMs = 24 * 3_600_000

/** `now` in milliseconds since 1970. */
export function isLive(store: Store, record: RunRecord, now: number): boolean {
  if (record.status !== "running") return false
  const life =
    record.process === undefined ? pidLife(record.pid) : lifeOf(record.process, me(store.files), store.files)
  if (life !== "unknown") return life === "alive"
  return lastWrite(store, record.id) + silentMs > now
}

/** A pid in use may belong to another process by now; a pid not in use says nothing about other hosts. */
function pidLife(pid: number): "alive" | "unknown" {
  try {
    process.kill(pid, 0)
    return "alive"
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" ? "alive" : "unknown"
  }
}

let known: ProcessIdentity | null = null
const me = (files: FileSystem) => (known ??= thisProcess(files))

const lastWrite = ({ files, layout }: Store, run: string): number =>
  Math.max(
    ...["run.json", "log.ndjson"].map((name) => millisOf(files.entry(path.join(layout.run(run), name))))
  )
export const millisOf = (entry: { readonly mtimeNs: string } | null): number =>
  entry === null ? 0 : Number(BigInt(entry.mtimeNs) / 1_000_000n)

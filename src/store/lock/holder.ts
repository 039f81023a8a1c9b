/** The holder of a lock: its record, how to read one, and its description for messages. */
import type { ProcessIdentity } from "../files/process-identity.ts"

export interface Holder extends ProcessIdentity {
  readonly format: 1
  /** unique to this acquisition of the lock */
  readonly token: string
  /** the run's id, if a run holds it */
  readonly run: string | null
  readonly command: string
  /** when it was acquired, by the holder's clock (ISO 8601) */
  readonly acquired: string
  /** a living holder touches the record once per period; the file's mtime is the last time */
  readonly lease: { readonly periodMs: number }
}

/** The state of a lock according to its newest record. */
export type Standing =
  | { readonly is: "free" }
  | { readonly is: "held"; readonly holder: Holder }
  /** it is being written, or its writer died during the write */
  | { readonly is: "torn" }

/** Appended to a record when its holder releases the lock. */
export const released = "released\n"

export const recordOf = (holder: Holder): string => `${JSON.stringify(holder)}\n`

export function standingOf(record: string): Standing {
  const [first, ...rest] = record.split("\n")
  // a line without its newline may be incomplete
  if (rest.length === 0) return { is: "torn" }
  if (rest[0] === released.trim()) return { is: "free" }
  try {
    const holder: unknown = JSON.parse(first!)
    return isHolder(holder) ? { is: "held", holder } : { is: "torn" }
  } catch {
    return { is: "torn" }
  }
}

function isHolder(value: unknown): value is Holder {
  const { format, token, host, pid, lease } = (value ?? {}) as Partial<Holder>
  return (
    format === 1 &&
    typeof token === "string" &&
    typeof host === "string" &&
    Number.isInteger(pid) &&
    pid! > 0 &&
    (lease?.periodMs ?? 0) > 0
  )
}

/** "run 2026-…, pid 812 on host gpu3, since …: probeline run coco.ts". */
export function describeHolder({ run, pid, host, acquired, command }: Holder): string {
  return `${run === null ? "" : `run ${run}, `}pid ${pid} on host ${host}, since ${acquired}: ${command}`
}

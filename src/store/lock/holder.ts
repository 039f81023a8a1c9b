/** Who holds a lock: the record in its file, how it is read, and how it is told to people. */
import type { ProcessIdentity } from "../files/process-identity.ts"

export interface Holder extends ProcessIdentity {
  readonly format: 1
  /** names this taking of the lock and no other */
  readonly token: string
  /** the run's id, where a run holds it */
  readonly run: string | null
  readonly command: string
  /** when it was taken, in the holder's clock (ISO 8601) */
  readonly acquired: string
  /** a living holder touches the record once a period: when that was last is the file's modification time */
  readonly lease: { readonly periodMs: number }
}

/** What a lock's newest record says. */
export type Standing =
  | { readonly is: "free" }
  | { readonly is: "held"; readonly holder: Holder }
  /** it is being written, or its writer died over it */
  | { readonly is: "torn" }

/** Added to a record when its holder gives the lock back. */
export const released = "released\n"

export const recordOf = (holder: Holder): string => `${JSON.stringify(holder)}\n`

export function standingOf(record: string): Standing {
  const [first, ...rest] = record.split("\n")
  // without its line end a line may lack a part
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

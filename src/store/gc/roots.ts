/** Decides which runs gc keeps, and the age from which it may delete files. */
import * as path from "node:path"
import { Problem } from "../../support/problem.ts"
import type { RunRecord } from "../records/run-record.ts"
import { runSoFar } from "../runs/run-so-far.ts"
import type { Store } from "../store.ts"
import { readJson } from "./json.ts"
import { isLive, millisOf } from "../runs/live.ts"
import { isPinned } from "./pin.ts"
import { recentRuns } from "./recent.ts"
import { runFolders } from "../files/own-names.ts"

export interface GcOptions {
  /** how many lines of recent runs to keep per pipeline (see `recent.ts`) */
  readonly keep: number
  /** the grace period in milliseconds: anything younger stays */
  readonly grace: number
  /** milliseconds since 1970 */
  readonly now: number
  /** report what would be deleted, and delete nothing */
  readonly dryRun: boolean
}

export type KeptFor =
  | "running"
  | "pinned"
  /** one of the most recent of its pipeline */
  | "recent"
  /** `runs/latest` or `latest/<pipeline>` points at it */
  | "latest"
  /** younger than the grace period */
  | "young"
  /** a kept run shows its views */
  | "shown"
  /** its record is damaged, so what it reaches is unknown */
  | "unreadable"
export interface RootRun {
  readonly id: string
  readonly record: RunRecord | null
  /** null: it will be deleted */
  readonly keptFor: KeptFor | null
  /** when its record was last written or touched, by the file system's time */
  readonly recorded: string | null
}
export interface Roots {
  /** oldest first */
  readonly runs: ReadonlyArray<RootRun>
  /** milliseconds since 1970: whatever was written or touched since then stays */
  readonly cutoff: number
}

/** Clocks and file times may differ, and a run loads its pipeline before it records its start. */
const slackMs = 60_000

/** @throws Problem `StoreNotUsable` if a later version of Probeline wrote a record */
export function rootsOf(store: Store, { keep, grace, now }: GcOptions): Roots {
  const { files, layout } = store
  const ids = runFolders(files, layout)
  const runs = ids.map((id) => {
    const file = path.join(layout.run(id), "run.json")
    const read = readJson<RunRecord>(files, file)
    if (read !== null && read.format !== 1) throw laterFormat(file, read.format)
    // for a killed run, the nodes that it finished count too
    const record = read === null ? null : runSoFar(read, store)
    const written = files.entry(file)
    const changed = millisOf(written ?? files.entry(layout.run(id)))
    return { id, record, hasRecord: written !== null, changed, recorded: written?.mtimeNs ?? null }
  })
  const live = runs.filter(({ record }) => record !== null && isLive(store, record, now))
  // a running run reaches whatever it has written and used since its start, which no record names yet
  const since = live.map(({ record, changed }) => Math.min(Date.parse(record!.started), changed) - slackMs)
  const cutoff = Math.min(now, ...since) - grace

  const recent = recentRuns(
    runs.flatMap(({ record }) => record ?? []),
    keep
  )
  const complete = (files.list(layout.complete) ?? []).map((name) => path.join(layout.complete, name))
  const latest = new Set(
    [layout.latest, ...complete].map((link) => path.basename(files.entry(link)?.target ?? ""))
  )
  const keptFor = (run: (typeof runs)[number]): KeptFor | null => {
    if (live.includes(run)) return "running"
    if (isPinned(store, run.id)) return "pinned"
    if (run.record !== null && recent.has(run.record)) return "recent"
    if (latest.has(run.id)) return "latest"
    if (run.changed >= cutoff) return "young"
    return run.record === null && run.hasRecord ? "unreadable" : null
  }
  const judged = runs.map((run) => ({ run, keptFor: keptFor(run) }))
  const shown = new Set(
    judged.flatMap(({ run, keptFor }) => (keptFor === null ? [] : (run.record?.views ?? [])))
  )
  return {
    runs: judged.map(({ run: { id, record, recorded }, keptFor }) => ({
      id,
      record,
      recorded,
      keptFor: keptFor ?? (shown.has(id) ? "shown" : null)
    })),
    cutoff
  }
}

export const laterFormat = (file: string, format: unknown) =>
  new Problem(
    "StoreNotUsable",
    `${file} has format ${String(format)}, which this version of Probeline does not know`,
    {
      file,
      hint: "run gc with the version that wrote this file; this version cannot tell which files must be kept"
    }
  )

/**
 * Which runs are the last of their pipelines.
 *
 * They are counted by pipeline, so that ten quick runs of one do not push out another's night, and by what they made: a
 * run that has nothing but what the first of its line has (a no-op, one that failed or was stopped, one of some nodes
 * alone) counts as one with it.
 */
import type { RunRecord } from "../records/run-record.ts"

/** Runs, one after the other, that made nothing that the first of them has not. */
interface Line {
  readonly first: RunRecord
  /** the artifacts of the first, by node */
  readonly made: ReadonlyMap<string, string>
  last: RunRecord
}

/**
 * The runs to keep: of each pipeline (a file and the name in it) and of each of its last `keep` lines, the first, which
 * did the work, and the last.
 *
 * @param records the oldest first
 */
export function recentRuns(records: ReadonlyArray<RunRecord>, keep: number): ReadonlySet<RunRecord> {
  const pipelines = new Map<string, Array<Line>>()
  for (const record of records) {
    const name = JSON.stringify([record.file, record.pipeline])
    const lines = pipelines.get(name) ?? []
    pipelines.set(name, lines)
    const line = lines.at(-1)
    const made = madeBy(record)
    if (line !== undefined && [...made].every(([node, artifact]) => line.made.get(node) === artifact))
      line.last = record
    else lines.push({ first: record, made, last: record })
  }
  return new Set(
    [...pipelines.values()].flatMap((lines) => lines.slice(-keep).flatMap(({ first, last }) => [first, last]))
  )
}

const madeBy = ({ nodes }: RunRecord): ReadonlyMap<string, string> =>
  new Map(nodes.flatMap(({ id, artifact }) => (artifact === null ? [] : [[id, artifact] as const])))

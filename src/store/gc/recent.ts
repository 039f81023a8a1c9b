/**
 * Decides which runs are the most recent of their pipelines.
 *
 * Runs are counted per pipeline, so that ten quick runs of one do not displace the overnight run of another.
 * They are also grouped by what they made: a run with nothing beyond the first run of its line (a no-op, a
 * failed or stopped run, a run of some nodes only) counts as one with it.
 */
import type { RunRecord } from "../records/run-record.ts"

/** Consecutive runs that made nothing beyond what the first of them has. */
interface Line {
  readonly first: RunRecord
  /** the artifacts of the first run, by node */
  readonly made: ReadonlyMap<string, string>
  last: RunRecord
  /** runs that `diff --attribute` made meanwhile: kept with the line, and not counted */
  readonly mixtures: Array<RunRecord>
}

/**
 * The runs to keep: for each pipeline (a file and a name in it) and each of its last `keep` lines, the first
 * run, which did the work, and the last.
 *
 * @param records oldest first
 */
export function recentRuns(records: ReadonlyArray<RunRecord>, keep: number): ReadonlySet<RunRecord> {
  const pipelines = new Map<string, Array<Line>>()
  for (const record of records) {
    const name = JSON.stringify([record.file, record.pipeline])
    const lines = pipelines.get(name) ?? []
    pipelines.set(name, lines)
    const line = lines.at(-1)
    if (record.mixture === true && line !== undefined) {
      line.mixtures.push(record)
      continue
    }
    const made = madeBy(record)
    if (line !== undefined && [...made].every(([node, artifact]) => line.made.get(node) === artifact))
      line.last = record
    else lines.push({ first: record, made, last: record, mixtures: [] })
  }
  return new Set(
    [...pipelines.values()].flatMap((lines) =>
      lines.slice(-keep).flatMap(({ first, last, mixtures }) => [first, last, ...mixtures])
    )
  )
}

const madeBy = ({ nodes }: RunRecord): ReadonlyMap<string, string> =>
  new Map(nodes.flatMap(({ id, artifact }) => (artifact === null ? [] : [[id, artifact] as const])))

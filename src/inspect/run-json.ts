/** A run as `run --json` prints it. */
import type { Lost } from "../pipeline/losses.ts"
import type { NodeRecord, RunRecord } from "../store/records/run-record.ts"

export const runJson = (run: RunRecord) => ({
  run: run.id as string | null,
  pipeline: run.pipeline,
  status: run.status,
  nodes: run.nodes.map(nodeJson),
  file: run.file,
  params: run.params,
  outputs: run.outputs,
  targets: run.targets ?? null,
  started: run.started as string | null,
  finished: run.finished,
  stopped: run.stopped ?? null,
  version: run.version,
  losses: run.nodes.flatMap(({ id, losses = [] }) => losses.map((lost) => lossJson(id, lost)))
})

/** Always includes `examples`, even if empty, and `total`, even if null. */
export const lossJson = (node: string | null, { what, reason, count, total, examples, verb }: Lost) => ({
  node,
  what,
  reason,
  count,
  total,
  examples,
  verb: verb ?? "kept"
})

/** Without losses, which are a separate field of the run. */
export const nodeJson = (node: NodeRecord) => {
  const { id, stage, status, items, artifact, bytes, seconds, ...rest } = node
  const { key, error, hint, failures, incomplete, partial, accepted } = rest
  const told = { key, error, hint, failures, incomplete, partial }
  const json = { id, stage, status, items, artifact, bytes, seconds, ...told }
  return accepted === undefined ? json : { ...json, accepted }
}

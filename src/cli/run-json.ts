/** A run as `run --json` prints it. */
import type { NodeRecord, RunRecord } from "../store/run-record.ts"

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
  version: run.version
})

export const nodeJson = ({ id, stage, status, items, artifact, bytes, seconds, ...rest }: NodeRecord) => ({
  id,
  stage,
  status,
  items,
  artifact,
  bytes,
  seconds,
  ...rest
})

/** Positionals and options that several commands share. */
import type { Options, Positional } from "./command.ts"

export const pipelineWord = {
  name: "pipeline",
  arity: "one",
  doc: "pipeline file"
} as const satisfies Positional

export const setOption = {
  set: { kind: "texts", alias: "S", value: "KEY=VALUE", doc: "set a pipeline parameter" }
} as const satisfies Options

/** A run reference. `latest` is the target of `runs/latest`: never an active or interrupted run, which `@1` may be. */
export const runDoc =
  "@1: most recently started run, @2: the one before, latest: most recently finished run (ok or failed), a run id, or a run's name"

export const referenceDoc = `a run (${runDoc}), or RUN:NODE for a node's artifact, or an artifact digest, or a manifest path`

/** Words and options that several commands take. */
import type { Options, Positional } from "./command.ts"

export const pipelineWord = {
  name: "pipeline",
  arity: "one",
  doc: "a pipeline file"
} as const satisfies Positional

export const setOption = {
  set: { kind: "texts", alias: "S", value: "key=value", doc: "give a parameter of the pipeline a value" }
} as const satisfies Options

/** Which run. `latest` is where `runs/latest` points: a run that goes on or was cut off is not it, and is `@1`. */
export const runDoc =
  "@1 the run that began last, @2 the one before, latest the last that came to its end (ok or failed), or an id"

/** The shell's way to name the working directory's files is relative; ours too. */
export const referenceDoc = `a run (${runDoc}), :node after it for what the node made; or an artifact's digest, or a manifest's path`

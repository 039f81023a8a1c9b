/** Words and options that several commands take. */
import type { Options, Positional } from "./command.ts"

export const pipelineWord = {
  name: "pipeline",
  take: "one",
  doc: "a pipeline file"
} as const satisfies Positional

export const setOption = {
  set: { kind: "texts", alias: "S", value: "key=value", doc: "give a parameter of the pipeline a value" }
} as const satisfies Options

/** The shell's way to name the working directory's files is relative; ours too. */
export const referenceDoc =
  "a run (latest, @1 the last, @2 the one before, or its id), :node after it for what the node made; or an artifact's digest, or a manifest's path"

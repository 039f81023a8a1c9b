/** The fields of a stage's declaration, and the role of each. */
import type { StageSpec } from "./stage.ts"

/**
 * - `result`: it can change the stage's output, so the digest of the stage's code covers it.
 * - `words`: texts for people.
 * - `scheduling`: how the stage is executed.
 * - `check`: what must hold of the output; it refuses rows and changes none.
 * - `hook`: a function that reads finished artifacts; `inspect/hooks.ts` calls it and caches its answer.
 * - `comparison`: how two artifacts differ; `diff` calls it.
 */
type FieldRole = "result" | "words" | "scheduling" | "check" | "hook" | "comparison"

export const stageFields = {
  doc: "words",
  version: "words", // stands in for the code in the key
  item: "result",
  params: "result",
  inputs: "result",
  output: "result",
  rowKey: "check",
  identity: "result",
  open: "result",
  compute: "result",
  isolate: "scheduling",
  chunk: "scheduling",
  itemSeconds: "scheduling",
  seconds: "scheduling",
  summary: "hook",
  losses: "hook",
  figures: "hook",
  compare: "comparison"
} as const satisfies Record<keyof StageSpec, FieldRole>

type FieldOf<R extends FieldRole> = {
  [F in keyof typeof stageFields]: (typeof stageFields)[F] extends R ? F : never
}[keyof typeof stageFields]
export type HookName = FieldOf<"hook">

/** Fields that cannot change a stage's results: they are not part of any key. */
export const notInKeys: ReadonlySet<string> = new Set(
  Object.entries(stageFields).flatMap(([field, role]) => (role === "result" ? [] : field))
)

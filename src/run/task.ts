/**
 * Tasks: the executor's contract.
 *
 * A task and its result are plain data that survive JSON, but for the stage itself, which another process finds by its
 * address. Whoever executes a task writes what it makes into the store and answers with shards: publishing is
 * idempotent, so a task may be executed twice.
 */
import type * as Effect from "effect/Effect"
import type { Columns } from "../pipeline/columns.ts"
import type { Lost } from "../pipeline/losses.ts"
import type { Form } from "../pipeline/ports.ts"
import type { Problem } from "../support/problem.ts"
import type { Thrown } from "../support/stage-failure.ts"
import type { StageAddress } from "../pipeline/stage-address.ts"
import type { AnyStage } from "../pipeline/stage.ts"
import type { ItemSelection } from "../store/items/segments.ts"
import type { ItemFailure, ItemId, Manifest, Shard } from "../store/records/manifest.ts"
import type { ReadRecord } from "../store/records/trace.ts"

/** What a port is fed with: whole artifacts, or the rows of the task's items. */
export type TaskPort =
  | {
      readonly mode: "whole" | "many"
      readonly reads: Columns
      readonly from: ReadonlyArray<{ readonly node: string; readonly manifest: Manifest }>
    }
  | {
      readonly mode: "each" | "group"
      readonly reads: Columns
      /** in the order of the task's items */
      readonly items: ItemSelection
    }
export interface Task {
  readonly node: string
  readonly stage: AnyStage
  /** null for a stage that only this process knows */
  readonly address: StageAddress | null
  readonly params: Readonly<Record<string, unknown>>
  readonly ports: Readonly<Record<string, TaskPort>>
  readonly form: Form
  readonly columns: Columns
  readonly idColumn: string | null
  /** the ids to compute, of an itemwise stage; null for the others */
  readonly items: ReadonlyArray<ItemId> | null
  /** of a source: shards that it gave before; what has not changed is not written again */
  readonly previous: ReadonlyArray<Shard>
  /** the folder that relative paths of a source are relative to */
  readonly base: string
}

/** `outside`: it is no doing of the stage, so it is not remembered, and the item is tried again. */
export interface FailedNow extends ItemFailure {
  readonly outside?: true
  /** where the stage threw, for the log and `--debug`; it is not kept */
  readonly thrown?: Thrown
}
/** A shard that a task has written. */
export interface MadeShard {
  readonly shard: Shard
  /** of an itemwise task, which of its items the shard has, in its order; a source's are in sidecars alone */
  readonly ids: ReadonlyArray<ItemId>
  /** of a table, which has no sidecar: 16 bytes a column, in hexadecimal */
  readonly table: Readonly<Record<string, string>> | null
}
/** A table's digests by column, as a result carries them. */
export type TaskTable = NonNullable<MadeShard["table"]>
export const hexDigests = (digests: Readonly<Record<string, Uint8Array>>): TaskTable =>
  Object.fromEntries(
    Object.entries(digests).map(([name, bytes]) => [name, Buffer.from(bytes).toString("hex")])
  )

export interface TaskResult {
  readonly shards: ReadonlyArray<MadeShard>
  readonly failed: ReadonlyArray<FailedNow>
  readonly reads: ReadonlyArray<ReadRecord>
  readonly partial: ReadonlyArray<string>
  /** what a source said that it left out; absent where it said nothing */
  readonly losses?: ReadonlyArray<Lost>
}
/** What a task says while it runs. */
export interface TaskReport {
  readonly log: (message: string) => void
  readonly progress: (done: number, total: number) => void
}
export interface Executor {
  readonly name: string
  /** tasks that it takes at a time, of all nodes together */
  readonly tasks: number
  /** milliseconds that a chunk of items should last: what a kill loses, against what each task costs to start */
  readonly chunkMs: number
  /** Interrupting the effect stops the work. */
  execute(task: Task, report: TaskReport): Effect.Effect<TaskResult, Problem>
}

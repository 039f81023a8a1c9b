/**
 * Tasks: the executor's contract.
 *
 * A task and its result are plain data that survive JSON, except for the stage itself, which another process
 * finds by its address. The executing process writes results into the store and answers with shards:
 * publishing is idempotent, so a task may be executed twice.
 */
import type * as Effect from "effect/Effect"
import type { Columns } from "../pipeline/columns.ts"
import type { Lost } from "../pipeline/losses.ts"
import type { PortColumn } from "../pipeline/graph.ts"
import type { Form } from "../pipeline/ports.ts"
import type { Problem } from "../support/problem.ts"
import type { InputIds, Thrown } from "../support/stage-failure.ts"
import type { StageAddress } from "../pipeline/stage-address.ts"
import type { AnyStage } from "../pipeline/stage.ts"
import type { ItemSelection } from "../store/items/segments.ts"
import type { ItemFailure, ItemId, Manifest, Shard } from "../store/records/manifest.ts"
import type { ReadRecord } from "../store/records/trace.ts"

/** A port's input: whole artifacts, or the rows of the task's items. */
export type TaskPort =
  | {
      readonly mode: "whole" | "many" | "memberNames"
      readonly reads: Columns
      readonly from: ReadonlyArray<{ readonly node: string; readonly manifest: Manifest }>
    }
  | {
      readonly mode: "member"
      /** a family of tensors */
      readonly reads: Columns
      readonly by: PortColumn
      readonly manifest: Manifest
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
  /** the nodes connected to each port, for messages: no result depends on them */
  readonly inputs: InputIds
  readonly form: Form
  readonly columns: Columns
  readonly idColumn: string | null
  /** the ids to compute, for an itemwise stage; null for others */
  readonly items: ReadonlyArray<ItemId> | null
  /** for a stage that makes items: its earlier shards; unchanged ones are not written again */
  readonly previous: ReadonlyArray<Shard>
  /** the folder for a source's relative paths */
  readonly base: string
  /** CPU threads that it may use; no result depends on it */
  readonly threads: number
  /** milliseconds after which it starts no more items */
  readonly chunkMs: number
}

/** `outside`: the cause is external, so the failure is not cached and the item is tried again. */
export interface FailedNow extends ItemFailure {
  readonly outside?: true
  /** where the stage threw, for the log and `--debug`; not cached */
  readonly thrown?: Thrown
}
/** A shard written by a task. */
export interface MadeShard {
  readonly shard: Shard
  /** for an itemwise task, the shard's items in its order; ids that a stage makes are in sidecars only */
  readonly ids: ReadonlyArray<ItemId>
  /** for a table, which has no sidecar: 16 bytes per column, in hexadecimal */
  readonly table: Readonly<Record<string, string>> | null
}
/** A table's digests by column, as carried by a result. */
export type TaskTable = NonNullable<MadeShard["table"]>
export const hexDigests = (digests: Readonly<Record<string, Uint8Array>>): TaskTable =>
  Object.fromEntries(
    Object.entries(digests).map(([name, bytes]) => [name, Buffer.from(bytes).toString("hex")])
  )

export interface TaskResult {
  readonly shards: ReadonlyArray<MadeShard>
  readonly failed: ReadonlyArray<FailedNow>
  /** items that it did not start, because its time was up; absent if none */
  readonly left?: ReadonlyArray<ItemId>
  readonly reads: ReadonlyArray<ReadRecord>
  readonly partial: ReadonlyArray<string>
  /** what a source reported leaving out; absent if nothing */
  readonly losses?: ReadonlyArray<Lost>
}
/** Receives a task's reports while it runs. */
export interface TaskReport {
  readonly log: (message: string) => void
  readonly progress: (done: number, total: number) => void
}
export interface Executor {
  readonly name: string
  /** the number of tasks it runs at once, for all nodes together */
  readonly tasks: number
  /** CPU threads for each of them */
  readonly threads: number
  /**
   * the target duration of a chunk in milliseconds: a trade between work lost in a kill and the start-up cost
   * of tasks
   */
  readonly chunkMs: number
  /** Interrupting the effect stops the work. */
  execute(task: Task, report: TaskReport): Effect.Effect<TaskResult, Problem>
}

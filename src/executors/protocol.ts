/** The messages between a run and its worker processes, over Node's IPC (structured clone). */
import type { Problem } from "../support/problem.ts"
import type { StageAddress } from "../pipeline/stage-address.ts"
import type { Task, TaskResult } from "../run/task.ts"

/** A task with its stage's address, by which the worker finds the stage. */
export interface SentTask extends Omit<Task, "stage" | "address"> {
  readonly stage: StageAddress
}
/**
 * The first task carries a token, which the worker adds to all its messages, because a stage or one of its libraries may
 * send messages over the same channel. The worker gets it before it loads any stage, so stages never see it.
 */
export type ToWorker = { readonly type: "task"; readonly task: SentTask; readonly token?: string }
/** A message as sent. */
export interface Said {
  readonly token: string
  readonly said: FromWorker
}
/** The message of a worker with this token; null if it came from other code. */
export const saidBy = (message: unknown, token: string): FromWorker | null =>
  typeof message === "object" && message !== null && (message as Partial<Said>).token === token
    ? (message as Said).said
    : null

export type FromWorker =
  /** the stage is loaded and its function called: its time limit starts */
  | { readonly type: "started" }
  /** a line that the node's stage wrote to stdout or stderr */
  | { readonly type: "output"; readonly node: string; readonly line: string }
  | { readonly type: "log"; readonly message: string }
  | { readonly type: "progress"; readonly done: number; readonly total: number }
  | { readonly type: "result"; readonly result: TaskResult }
  | { readonly type: "problem"; readonly problem: SentProblem }
  | { readonly type: "defect"; readonly message: string; readonly stack: string }

export type SentProblem = ReturnType<Problem["toJSON"]> & { readonly stack?: string }

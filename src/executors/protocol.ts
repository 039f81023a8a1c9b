/** What a run and its worker processes say to each other, over Node's IPC (structured clone). */
import type { Problem } from "../support/problem.ts"
import type { StageAddress } from "../pipeline/stage-address.ts"
import type { Task, TaskResult } from "../run/task.ts"

/** A task without the stage, which the worker finds by its address. */
export interface SentTask extends Omit<Task, "stage" | "address"> {
  readonly stage: StageAddress
}
/**
 * The first task brings a token, and everything that the worker says bears it: a stage, or a library of its, may send
 * messages of its own over the same channel. It is told before any stage is loaded, which so never sees it.
 */
export type ToWorker = { readonly type: "task"; readonly task: SentTask; readonly token?: string }
/** As it is sent. */
export interface Said {
  readonly token: string
  readonly said: FromWorker
}
/** What a worker with this token says; null where the message is another's. */
export const saidBy = (message: unknown, token: string): FromWorker | null =>
  typeof message === "object" && message !== null && (message as Partial<Said>).token === token
    ? (message as Said).said
    : null

export type FromWorker =
  /** the stage is loaded and its function is called: from here on its time counts */
  | { readonly type: "started" }
  /** a line that the stage of this node wrote to stdout or stderr */
  | { readonly type: "output"; readonly node: string; readonly line: string }
  | { readonly type: "log"; readonly message: string }
  | { readonly type: "progress"; readonly done: number; readonly total: number }
  | { readonly type: "result"; readonly result: TaskResult }
  | { readonly type: "problem"; readonly problem: SentProblem }
  | { readonly type: "defect"; readonly message: string; readonly stack: string }

export type SentProblem = ReturnType<Problem["toJSON"]> & { readonly stack?: string }

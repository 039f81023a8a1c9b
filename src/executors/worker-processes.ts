/**
 * Executes tasks in worker processes, one at a time in each, for stages with native code.
 *
 * A runtime that crashes or blocks the event loop takes down its worker, not the run. A worker that outlives its parent
 * sees the channel close and exits.
 */
import * as Effect from "effect/Effect"
import { isProblem, Problem } from "../support/problem.ts"
import { machineFault } from "../support/system-error.ts"
import type { Executor, Task, TaskReport, TaskResult } from "../run/task.ts"
import type { FromWorker, SentTask } from "./protocol.ts"
import { chunkMs, secondsOf, timedOut, threadsOf } from "./limits.ts"
import { type LostWorker, WorkerProcess, type WorkerOptions } from "./worker-process.ts"

export type { WorkerOptions } from "./worker-process.ts"

/** Scoped: workers are killed however the run ends. */
export const workerProcesses = (options: WorkerOptions, tasks = 1) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const pool = new Pool(options)
        // a second Ctrl-C ends this process without closing the scope
        process.once("exit", pool.close)
        return pool
      }),
      (pool) =>
        Effect.sync(() => {
          process.off("exit", pool.close)
          pool.close()
        })
    ),
    (pool): Executor => ({
      name: "worker-processes",
      tasks,
      threads: threadsOf(tasks),
      chunkMs,
      execute: (task, report) => pool.execute(task, report)
    })
  )

/** New workers that may be lost before one of them starts the task. */
const newWorkers = 2

/** The loss of a worker during a task. */
interface Lost {
  readonly loss: LostWorker
  /** the stage was loaded and its function called */
  readonly hasBegun: boolean
  /** this was the worker's first task */
  readonly wasNew: boolean
}

class Pool {
  readonly #options: WorkerOptions
  readonly #idle: Array<WorkerProcess> = []
  readonly #all = new Set<WorkerProcess>()
  constructor(options: WorkerOptions) {
    this.#options = options
  }

  execute(task: Task, report: TaskReport): Effect.Effect<TaskResult, Problem> {
    return Effect.suspend(() => this.#try(task, report, this.#takeIdle(), newWorkers))
  }

  /**
   * Uses an idle worker, or a new one. A worker lost before the task started says nothing about the task, which is
   * retried. Nor does the loss of a used worker, which earlier tasks may have damaged: a task that cannot be halved is
   * then retried in a new worker. So a crash counts against a task only if it happens in a fresh worker.
   */
  #try(
    task: Task,
    report: TaskReport,
    idle: WorkerProcess | null,
    left: number
  ): Effect.Effect<TaskResult, Problem> {
    return Effect.catch(this.#ask(idle ?? this.#start(), task, report), (lost) => {
      if (isProblem(lost)) return Effect.fail(lost)
      const { loss, hasBegun, wasNew } = lost
      if (loss.type === "refused") return Effect.fail(refused(task, loss.error))
      if (!hasBegun) {
        const still = wasNew ? left - 1 : left
        return still > 0 ? this.#try(task, report, null, still) : Effect.fail(neverBegan(task, loss))
      }
      if (!wasNew && (task.items === null || task.items.length === 1))
        return this.#try(task, report, null, left)
      return Effect.fail(workerDied(task, loss))
    })
  }

  #ask(worker: WorkerProcess, task: Task, report: TaskReport): Effect.Effect<TaskResult, Problem | Lost> {
    return Effect.callback<TaskResult, Problem | Lost>((resume) => {
      const seconds = secondsOf(task)
      const wasNew = worker.tasks === 0
      let hasBegun = false
      let hung = false
      let limit: NodeJS.Timeout | undefined
      const finish = (effect: Effect.Effect<TaskResult, Problem | Lost>) => {
        clearTimeout(limit)
        worker.ignore()
        if (worker.isUsable) this.#idle.push(worker)
        resume(effect)
      }
      const hear = (heard: FromWorker | LostWorker) => {
        switch (heard.type) {
          case "started":
            hasBegun = true
            if (seconds !== null)
              limit = setTimeout(() => {
                hung = true
                this.#kill(worker)
              }, seconds * 1000)
            return
          case "output":
            return // WorkerProcess has already forwarded it
          case "log":
            return report.log(heard.message)
          case "progress":
            return report.progress(heard.done, heard.total)
          case "result":
            return finish(Effect.succeed(heard.result))
          case "problem": {
            const { tag, message: text, ...where } = heard.problem
            return finish(Effect.fail(new Problem(tag, text, where)))
          }
          case "defect":
            return finish(Effect.die(Object.assign(new Error(heard.message), { stack: heard.stack })))
          case "refused":
          case "died":
            return finish(
              Effect.fail(
                hung
                  ? timedOut(task, seconds!, "was killed with its worker process")
                  : { loss: heard, hasBegun, wasNew }
              )
            )
        }
      }
      const { stage: _stage, address, ...rest } = task
      const sent: SentTask = { ...rest, stage: address! }
      try {
        worker.ask(sent, hear)
      } catch (error) {
        finish(Effect.die(error))
      }
      return Effect.sync(() => {
        clearTimeout(limit)
        worker.ignore()
        this.#kill(worker)
      })
    })
  }

  readonly close = (): void => {
    for (const worker of this.#all) this.#kill(worker)
  }

  #takeIdle(): WorkerProcess | null {
    for (;;) {
      const worker = this.#idle.pop()
      if (worker === undefined) return null
      if (worker.isUsable) return worker
    }
  }
  #start(): WorkerProcess {
    const worker = new WorkerProcess(this.#options, (lost) => this.#forget(lost))
    this.#all.add(worker)
    return worker
  }
  #kill(worker: WorkerProcess): void {
    this.#forget(worker)
    worker.kill()
  }
  #forget(worker: WorkerProcess): void {
    this.#all.delete(worker)
    const at = this.#idle.indexOf(worker)
    if (at >= 0) this.#idle.splice(at, 1)
  }
}

const ofTask = ({ stage, node }: Task) => `stage "${stage.name}" (node "${node}")`

type Died = Extract<LostWorker, { readonly type: "died" }>

/**
 * Signals that a process causes itself. Others come from outside: the system sends SIGKILL when memory runs out.
 */
const crashes = new Set(["SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP", "SIGSYS"])

/** What V8, C++, Rust and Node print before they end a process. */
const runtimeGaveUp =
  /heap out of memory|Fatal process out of memory|\bbad_alloc\b|memory allocation of \d+ bytes failed|ERR_MODULE_NOT_FOUND|ERR_DLOPEN_FAILED|\buv_cwd\b/

function workerDied(task: Task, { how, signal, lastWords }: Died): Problem {
  // ignore what a stage writes: only a runtime's report of missing memory or a missing package counts
  const isCrash = signal !== null && signal !== "SIGABRT" && signal !== "SIGTRAP"
  const fault = isCrash || !runtimeGaveUp.test(lastWords) ? null : machineFault(lastWords)
  const died = `the worker process of ${ofTask(task)} died ${how}`
  if (fault !== null)
    return new Problem("WorkerKilled", `${died}: ${fault.what}`, {
      field: task.node,
      hint: `${fault.hint}; the failure is not cached`
    })
  if (signal !== null && !crashes.has(signal))
    return new Problem(
      "WorkerKilled",
      signal === "SIGKILL"
        ? `${died}: the system may have run out of memory. The next run retries the task`
        : `${died}, sent from outside the process. The next run retries the task`,
      { field: task.node, hint: "try fewer jobs with -j, or a machine (or a limit) with more memory" }
    )
  return new Problem("WorkerDied", died, {
    field: task.node,
    hint: "its last output is in the run's log"
  })
}

const fewerJobs =
  "the system may be out of processes, memory or open files (`ulimit -a`): try fewer jobs with -j"

const refused = (task: Task, error: Error) =>
  new Problem("WorkerNotStarted", `cannot start a worker process for ${ofTask(task)}: ${error.message}`, {
    field: task.node,
    hint: machineFault(error)?.hint ?? fewerJobs
  })

const neverBegan = (task: Task, { how, lastWords }: Died) =>
  new Problem(
    "WorkerNotStarted",
    `no worker process for ${ofTask(task)} could start: ${newWorkers} in a row ended, the last ${how}`,
    {
      field: task.node,
      hint: `their output is in the run's log; ${machineFault(lastWords)?.hint ?? fewerJobs}`
    }
  )

/**
 * The executor of worker processes: stages that hold native code run there, a task at a time in each.
 *
 * A runtime that crashes, or that blocks its event loop, takes its worker with it and not the run. A worker that
 * outlives its parent sees the channel close and ends.
 */
import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import { Problem } from "../pipeline/problem.ts"
import type { Executor, Task, TaskReport, TaskResult } from "../run/task.ts"
import type { FromWorker, SentTask } from "./protocol.ts"
import { secondsOf, timedOut } from "./time-limit.ts"

export interface WorkerOptions {
  /** the store's folder */
  readonly store: string
  /** the worker's entry */
  readonly entry: URL
  /** takes what workers write to their standard error */
  readonly onOutput: (text: string) => void
}

/** In a scope: workers are killed when the run ends, however it ends. */
export const workerProcesses = (options: WorkerOptions) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new Pool(options)),
      (pool) => Effect.sync(() => pool.close())
    ),
    (pool): Executor => ({
      name: "worker-processes",
      execute: (task, report) => pool.execute(task, report)
    })
  )

/**
 * What worker processes have in their environment beside this process's own. TF32 has 10 bits of fraction: NVIDIA's
 * libraries would use it for float32 products unasked, with errors of 1e-3, and must be told so before they load.
 */
const workerEnvironment = { NVIDIA_TF32_OVERRIDE: "0" }

class Pool {
  readonly #options: WorkerOptions
  readonly #idle: Array<ChildProcess> = []
  readonly #all = new Set<ChildProcess>()
  constructor(options: WorkerOptions) {
    this.#options = options
  }

  execute(task: Task, report: TaskReport): Effect.Effect<TaskResult, Problem> {
    return Effect.callback<TaskResult, Problem>((resume) => {
      const worker = this.#idle.pop() ?? this.#start()
      const seconds = secondsOf(task)
      let hung = false
      let limit: NodeJS.Timeout | undefined
      const startClock = () => {
        if (seconds === null) return
        limit = setTimeout(() => {
          hung = true
          this.#kill(worker)
        }, seconds * 1000)
      }
      const finish = (effect: Effect.Effect<TaskResult, Problem>) => {
        clearTimeout(limit)
        worker.off("message", onMessage)
        worker.off("exit", onExit)
        if (worker.connected) this.#idle.push(worker)
        resume(effect)
      }
      const onMessage = (message: FromWorker) => {
        switch (message.type) {
          case "started":
            return startClock()
          case "log":
            return report.log(message.message)
          case "progress":
            return report.progress(message.done, message.total)
          case "result":
            return finish(Effect.succeed(message.result))
          case "problem": {
            const { tag, message: text, ...where } = message.problem
            return finish(Effect.fail(new Problem(tag, text, where)))
          }
          case "defect":
            return finish(Effect.die(Object.assign(new Error(message.message), { stack: message.stack })))
        }
      }
      const onExit = (code: number | null, signal: string | null) => {
        this.#all.delete(worker)
        finish(
          Effect.fail(
            hung
              ? timedOut(task, seconds!, "was killed with its worker process")
              : workerDied(task, code, signal)
          )
        )
      }
      worker.on("message", onMessage)
      worker.on("exit", onExit)
      const { stage: _stage, address, ...rest } = task
      const sent: SentTask = { ...rest, stage: address! }
      worker.send({ type: "task", task: sent })
      return Effect.sync(() => {
        clearTimeout(limit)
        worker.off("message", onMessage)
        worker.off("exit", onExit)
        this.#kill(worker)
      })
    })
  }

  close(): void {
    for (const worker of this.#all) this.#kill(worker)
  }

  #start(): ChildProcess {
    const { entry, store, onOutput } = this.#options
    const worker = fork(fileURLToPath(entry), [store], {
      env: { ...process.env, ...workerEnvironment },
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      // Ctrl-C reaches the whole process group: the run decides when its workers end
      detached: true
    })
    worker.stdout?.on("data", (data: Buffer) => onOutput(data.toString()))
    worker.stderr?.on("data", (data: Buffer) => onOutput(data.toString()))
    worker.on("exit", () => this.#all.delete(worker))
    this.#all.add(worker)
    return worker
  }

  #kill(worker: ChildProcess): void {
    this.#all.delete(worker)
    const at = this.#idle.indexOf(worker)
    if (at >= 0) this.#idle.splice(at, 1)
    worker.kill("SIGKILL")
  }
}

const workerDied = (task: Task, code: number | null, signal: string | null) =>
  new Problem(
    "WorkerDied",
    `the worker process of stage "${task.stage.name}" (node "${task.node}") died ${signal === null ? `with exit code ${code}` : `by ${signal}`}`,
    {
      field: task.node,
      hint:
        signal === "SIGKILL"
          ? "it may have run out of memory: try fewer jobs with -j"
          : "the run's log has what it wrote last"
    }
  )

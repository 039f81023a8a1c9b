/**
 * The parent's handle on a worker process: sends it a task, and receives its messages until it answers or is lost.
 *
 * Any loss (crash, signal, broken or closed channel, failed start) is reported in the same way, once, and after all
 * earlier messages.
 */
import { type ChildProcess, fork } from "node:child_process"
import { randomBytes } from "node:crypto"
import { fileURLToPath } from "node:url"
import { inspect } from "node:util"
import { Lines } from "../support/stage-output.ts"
import { type FromWorker, saidBy, type SentTask, type ToWorker } from "./protocol.ts"

/** How a worker was lost. */
export type LostWorker =
  /** no process: the system or Node refused to start it */
  | { readonly type: "refused"; readonly error: Error }
  /**
   * `how`: "with exit code 7", "by SIGKILL"; `signal` is null if it exited by itself or if we killed it;
   * `lastWords` is the end of its stderr since it got the task
   */
  | {
      readonly type: "died"
      readonly how: string
      readonly signal: string | null
      readonly lastWords: string
    }

export interface WorkerOptions {
  /** the store's folder */
  readonly store: string
  /** entry point of the worker */
  readonly entry: URL
  /** receives each line that workers write to stdout and stderr, with their current node */
  readonly onOutput: (node: string | null, line: string) => void
}

/**
 * Environment variables of worker processes besides our own. NVIDIA's libraries use TF32, with 10 bits of fraction, for
 * float32 products by default, with errors of 1e-3. It must be disabled before they load.
 */
const workerEnvironment = { NVIDIA_TF32_OVERRIDE: "0" }

/**
 * Milliseconds to wait after a worker has exited or closed its channel. Exit, channel and output end in any order, and
 * their remaining data is read first. A worker that closes its channel but stays alive is killed.
 */
const grace = 1000
/** Characters kept of a worker's last output: V8 reports a full heap before some kilobytes of addresses. */
const mostLastWords = 16_384

export class WorkerProcess {
  /** null if Node refused to start one */
  readonly #child: ChildProcess | null
  #hear: ((heard: FromWorker | LostWorker) => void) | null = null
  #loss: LostWorker | null = null
  #tasks = 0
  readonly #token = randomBytes(16).toString("hex")
  #hasToken = false
  #grace: NodeJS.Timeout | undefined
  #lastWords = ""
  /** of the last task */
  #node: string | null = null

  /** Never throws: a process that cannot start counts as lost, which `ask` reports. */
  constructor({ entry, store, onOutput }: WorkerOptions, onLost: (worker: WorkerProcess) => void) {
    const lose = (loss: LostWorker) => {
      if (this.#loss !== null) return
      this.#loss = loss
      clearTimeout(this.#grace)
      onLost(this)
      this.#tell(loss)
    }
    let child: ChildProcess
    try {
      child = fork(fileURLToPath(entry), [store], {
        env: { ...process.env, ...workerEnvironment },
        serialization: "advanced",
        stdio: ["ignore", "pipe", "pipe", "ipc"],
        // keeps Ctrl-C from workers, which reaches the whole process group: the run decides when they end
        detached: true
      })
    } catch (error) {
      this.#child = null
      this.#loss = { type: "refused", error: error as Error }
      return
    }
    this.#child = child
    // output of native code or of Node itself: a stage's `console.log` arrives as a message
    for (const stream of [child.stdout, child.stderr]) {
      const lines = new Lines((line) => onOutput(this.#node, line))
      stream?.on("data", (bytes: Buffer) => {
        if (stream === child.stderr) this.#hearWords(bytes.toString())
        lines.write(bytes)
      })
      stream?.on("end", () => lines.end())
    }
    let hasNoted = false
    child.on("message", (message: unknown) => {
      const said = saidBy(message, this.#token)
      if (said?.type === "output") {
        // WebAssembly runtimes report a fatal error with `console.error`
        this.#hearWords(`${said.line}\n`)
        return onOutput(said.node, said.line)
      }
      if (said !== null) return this.#tell(said)
      if (hasNoted) return
      hasNoted = true
      onOutput(
        this.#node,
        `ignoring messages that a stage sends with process.send; the first: ${brief(message)}`
      )
    })
    child.on("error", (error) => {
      if (child.pid === undefined) return lose({ type: "refused", error })
      // reported before the kill, which may fail with another such event
      lose({
        type: "died",
        how: `when its IPC channel broke (${error.message})`,
        signal: null,
        lastWords: this.#lastWords
      })
      child.kill("SIGKILL")
    })
    let isDeaf = false
    child.on("exit", (code, signal) => {
      const how = isDeaf
        ? "after closing its IPC channel"
        : signal === null
          ? `with exit code ${code}`
          : `by ${signal}`
      const died = () =>
        lose({ type: "died", how, signal: isDeaf ? null : signal, lastWords: this.#lastWords })
      let open = child.connected ? 2 : 1
      const ended = () => void (--open === 0 && died())
      if (child.connected) child.once("disconnect", ended)
      child.once("close", ended)
      this.#grace = setTimeout(died, grace)
    })
    child.on("disconnect", () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      this.#grace = setTimeout(() => {
        isDeaf = true
        child.kill("SIGKILL")
      }, grace)
    })
  }

  /** Whether it can take a task; it may still be lost before the task arrives. */
  get isUsable(): boolean {
    return this.#loss === null && this.#child !== null && this.#child.connected
  }
  /** Number of tasks sent to it. */
  get tasks(): number {
    return this.#tasks
  }

  /**
   * Sends a task, one at a time. Messages of the worker go to `hear`, until `ignore` is called.
   *
   * @throws Error of Node's serializer if the task holds something that cannot be sent, such as a function
   */
  ask(task: SentTask, hear: (heard: FromWorker | LostWorker) => void): void {
    this.#hear = hear
    this.#lastWords = ""
    this.#node = task.node
    this.#tasks++
    if (this.#loss !== null) return hear(this.#loss)
    const child = this.#child!
    // no process: its "error" event follows, and if Node failed early there is not even a `send`
    if (child.pid === undefined) return
    const onSent = (error: Error | null) => {
      if (error !== null) child.emit("error", error)
    }
    const sent: ToWorker = { type: "task", task, ...(this.#hasToken ? {} : { token: this.#token }) }
    try {
      child.send(sent, onSent)
      this.#hasToken = true
    } catch (error) {
      // the serializer reports functions and the like as a plain Error
      if ((error as Error).message.includes("could not be cloned")) throw error
      onSent(error as Error)
    }
  }
  ignore(): void {
    this.#hear = null
  }

  kill(): void {
    this.#child?.kill("SIGKILL")
  }

  #hearWords(text: string): void {
    this.#lastWords = (this.#lastWords + text).slice(-mostLastWords)
  }

  #tell(heard: FromWorker | LostWorker): void {
    this.#hear?.(heard)
  }
}

/** Any value as one short line. */
function brief(message: unknown): string {
  const text = inspect(message, { depth: 1, breakLength: Infinity, maxArrayLength: 5, maxStringLength: 100 })
  return text.length > 200 ? `${text.slice(0, 199)}…` : text
}

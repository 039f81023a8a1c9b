/**
 * A worker process as this process sees it: it is asked a task, and heard until it has answered or is lost.
 *
 * However it is lost (a crash, a signal, a channel that broke or closed, a process that never was), that is told in
 * one way, once, and after everything that it said before.
 */
import { type ChildProcess, fork } from "node:child_process"
import { randomBytes } from "node:crypto"
import { fileURLToPath } from "node:url"
import { inspect } from "node:util"
import { Lines } from "../support/stage-output.ts"
import { type FromWorker, saidBy, type SentTask, type ToWorker } from "./protocol.ts"

/** How a worker was lost. */
export type LostWorker =
  /** there is no process: the system, or Node, refused it */
  | { readonly type: "refused"; readonly error: Error }
  /**
   * `how`: "with exit code 7", "by SIGKILL"; `signal` is null if it exited by itself or if we killed it;
   * `lastWords` is the end of what it wrote to its standard error since it was asked
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
  /** the worker's entry */
  readonly entry: URL
  /** takes what workers write to stdout and stderr, line by line, with the node that they work on */
  readonly onOutput: (node: string | null, line: string) => void
}

/**
 * What worker processes have in their environment beside this process's own. TF32 has 10 bits of fraction: NVIDIA's
 * libraries would use it for float32 products unasked, with errors of 1e-3, and must be told so before they load.
 */
const workerEnvironment = { NVIDIA_TF32_OVERRIDE: "0" }

/**
 * Milliseconds to wait once a worker's process has exited or its channel has closed. Exit, channel and output end in
 * any order, and what is left in them is read first. A worker that closes its channel and lives on is killed.
 */
const grace = 1000
/** Characters of what a worker wrote last: V8 says that its heap is full before some kilobytes of addresses. */
const mostLastWords = 16_384

export class WorkerProcess {
  /** null where Node refused to make one */
  readonly #child: ChildProcess | null
  #hear: ((heard: FromWorker | LostWorker) => void) | null = null
  #loss: LostWorker | null = null
  #tasks = 0
  readonly #token = randomBytes(16).toString("hex")
  #hasToken = false
  #grace: NodeJS.Timeout | undefined
  #lastWords = ""
  /** of the task that it was asked last */
  #node: string | null = null

  /** Never throws: a process that cannot be made is lost, and says so when it is asked. */
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
        // Ctrl-C reaches the whole process group: the run decides when its workers end
        detached: true
      })
    } catch (error) {
      this.#child = null
      this.#loss = { type: "refused", error: error as Error }
      return
    }
    this.#child = child
    // what comes here is native code's, or Node's own: a stage's `console.log` comes as a message
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
        // WebAssembly's runtimes give up by a `console.error`
        this.#hearWords(`${said.line}\n`)
        return onOutput(said.node, said.line)
      }
      if (said !== null) return this.#tell(said)
      if (hasNoted) return
      hasNoted = true
      onOutput(
        this.#node,
        `ignored what a stage sent over process.send, and any more of it: ${brief(message)}`
      )
    })
    child.on("error", (error) => {
      if (child.pid === undefined) return lose({ type: "refused", error })
      // told before the kill, which may fail with another such event
      lose({
        type: "died",
        how: `with its channel (${error.message})`,
        signal: null,
        lastWords: this.#lastWords
      })
      child.kill("SIGKILL")
    })
    let isDeaf = false
    child.on("exit", (code, signal) => {
      const how = isDeaf
        ? "after it had closed its channel"
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

  /** Whether it can be asked; it may be lost all the same by the time that the task arrives. */
  get isUsable(): boolean {
    return this.#loss === null && this.#child !== null && this.#child.connected
  }
  /** Tasks that it was asked. */
  get tasks(): number {
    return this.#tasks
  }

  /**
   * Asks a task, one at a time; `hear` is called with what the worker says, and is not called after `ignore`.
   *
   * @throws Error of Node's serializer if the task holds what cannot be sent, a function say
   */
  ask(task: SentTask, hear: (heard: FromWorker | LostWorker) => void): void {
    this.#hear = hear
    this.#lastWords = ""
    this.#node = task.node
    this.#tasks++
    if (this.#loss !== null) return hear(this.#loss)
    const child = this.#child!
    // no process, which its "error" event tells in a moment; where Node gave up early it has not even a `send`
    if (child.pid === undefined) return
    const onSent = (error: Error | null) => {
      if (error !== null) child.emit("error", error)
    }
    const sent: ToWorker = { type: "task", task, ...(this.#hasToken ? {} : { token: this.#token }) }
    try {
      child.send(sent, onSent)
      this.#hasToken = true
    } catch (error) {
      // the serializer's word for a function and its like, as a plain Error
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

/** On a line, and short, whatever it is. */
function brief(message: unknown): string {
  const text = inspect(message, { depth: 1, breakLength: Infinity, maxArrayLength: 5, maxStringLength: 100 })
  return text.length > 200 ? `${text.slice(0, 199)}…` : text
}

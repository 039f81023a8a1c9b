/** What the tests of locks share: a store in a temporary folder, other processes, records of holders that were. */
import { type ChildProcess, fork } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { rolldown } from "rolldown"
import { type FileSystem, nodeFileSystem } from "../../../../src/store/files/file-system.ts"
import { type Holder, recordOf } from "../../../../src/store/lock/holder.ts"
import { type LockOptions, withLock } from "../../../../src/store/lock/lock.ts"
import { thisProcess } from "../../../../src/store/files/process-identity.ts"
import { makeStore } from "../../../../src/store/store.ts"

export interface ChildTask {
  readonly job: "hold" | "once" | "count"
  readonly root: string
  readonly run?: string
  readonly sections?: number
  readonly noHardLinks?: boolean
  readonly dieAt?: number
}
export type FromChild =
  | { readonly type: "ready" | "inside" }
  | { readonly type: "waits"; readonly for: number }

export class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), "probeline-lock-"))
  readonly root = join(this.folder, "store")
  readonly files = nodeFileSystem()
  readonly #children: Array<Child> = []
  readonly program = join(this.folder, "child.mjs")

  constructor() {
    chmodSync(this.folder, 0o755)
    mkdirSync(this.root)
  }
  store(files: FileSystem = this.files) {
    return makeStore(this.root, files)
  }
  /** Holds the lock that the children take, too. */
  lock(options: Partial<LockOptions> = {}, files?: FileSystem) {
    return withLock(this.store(files), "stage", { wait: true, onWait: () => {}, now: Date.now, ...options })
  }
  /** Takes the lock if that is possible without waiting, and gives it back; fails with what stands against it. */
  tryOnce(files?: FileSystem) {
    return Effect.runPromise(this.lock({ wait: false }, files)(Effect.succeed("got it")))
  }
  record(number: number): string {
    return join(this.store().layout.lock("stage"), String(number))
  }
  read(number: number): string {
    return readFileSync(this.record(number), "utf8")
  }
  /** A holder's record as another process would have left it. */
  leave(number: number, other: Partial<Holder>): string {
    const holder: Holder = {
      format: 1,
      token: `left-${number}`,
      ...thisProcess(this.files),
      run: "r1",
      command: "probeline run coco.ts",
      acquired: "2026-01-01T00:00:00.000Z",
      lease: { periodMs: 10_000 },
      ...other
    }
    mkdirSync(this.store().layout.lock("stage"), { recursive: true })
    writeFileSync(this.record(number), recordOf(holder))
    return recordOf(holder)
  }
  async start(
    task: Omit<ChildTask, "root">,
    as: { readonly uid?: number; readonly gid?: number } = {}
  ): Promise<Child> {
    const child = new Child(
      fork(this.program, [JSON.stringify({ ...task, root: this.root })], { cwd: "/", execArgv: [], ...as })
    )
    this.#children.push(child)
    return child
  }
  async holding(as?: { readonly uid: number; readonly gid: number }): Promise<Child> {
    const child = await this.start({ job: "hold" }, as)
    await child.said("inside")
    return child
  }
  /** Node 20 runs no TypeScript: the children's program is bundled. */
  async build(): Promise<void> {
    const bundle = await rolldown({ input: join(import.meta.dirname, "child.ts"), platform: "node" })
    await bundle.write({ file: this.program, format: "esm", codeSplitting: false })
    await bundle.close()
  }
  /** Empties the store. */
  clear(): void {
    for (const child of this.#children.splice(0)) child.kill()
    rmSync(this.root, { recursive: true, force: true })
    mkdirSync(this.root)
  }
  close(): void {
    this.clear()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export class Child {
  readonly process: ChildProcess
  readonly exit: Promise<number | string | null>
  readonly #heard: Array<FromChild> = []
  #listeners: Array<(message: FromChild) => void> = []
  constructor(child: ChildProcess) {
    this.process = child
    this.exit = new Promise((resolve) => child.on("exit", (code, signal) => resolve(signal ?? code)))
    child.on("message", (message: FromChild) => {
      this.#heard.push(message)
      for (const listener of this.#listeners) listener(message)
    })
  }
  get pid(): number {
    return this.process.pid!
  }
  /** The first message of a kind, whether it has come or is still to come; fails when the process ends before. */
  said<T extends FromChild["type"]>(type: T): Promise<Extract<FromChild, { readonly type: T }>> {
    type FetchRequest = Extract<FromChild, { readonly type: T }>
    return new Promise((resolve, reject) => {
      const listen = (message: FromChild) => message.type === type && resolve(message as FetchRequest)
      this.#heard.forEach(listen)
      this.#listeners.push(listen)
      void this.exit.then((how) => reject(new Error(`ended (${how}) without saying "${type}"`)))
    })
  }
  onMessage(listen: (message: FromChild) => void): void {
    this.#listeners.push(listen)
  }
  /** Lets go on who waits to be told. */
  tell(): void {
    this.process.send("go")
  }
  kill(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT" = "SIGKILL"): void {
    this.process.kill(signal)
  }
}

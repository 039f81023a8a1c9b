/** A worker process: takes a task at a time over IPC, executes it as any process would, and answers. */
import { Worker as Thread } from "node:worker_threads"
import type { FromWorker, Said, SentTask, ToWorker } from "../src/executors/protocol.ts"
import { captureOutput } from "../src/support/stage-output.ts"
import { isProblem } from "../src/support/problem.ts"
import { machineProblem } from "../src/support/system-error.ts"
import type { StageAddress } from "../src/pipeline/stage-address.ts"
import type { AnyStage } from "../src/pipeline/stage.ts"
import { executeTask } from "../src/run/execute-task.ts"
import { Resources, type Tools } from "../src/run/resources.ts"
import type { Task } from "../src/run/task.ts"
import { nodeFileSystem } from "../src/store/files/file-system.ts"
import { layout } from "../src/store/files/layout.ts"
import { StatCache } from "../src/store/fresh/stat-cache.ts"
import { makeStore } from "../src/store/store.ts"

const root = process.argv[2]!
const files = nodeFileSystem()
const tools: Tools = {
  store: makeStore(root, files),
  digests: new StatCache(files, layout(root).statCache, () => Date.now()),
  resources: new Resources()
}
let token: string | undefined
// as it is now: a stage's library may put another in its place
const send = process.send?.bind(process)
const say = (said: FromWorker) => void send?.({ token: token!, said } satisfies Said)

captureOutput((node, line) => say({ type: "output", node, line }))
process.on("message", (message: ToWorker) => {
  token ??= message.token
  void execute(message.task)
})
// the parent is gone: nobody will ask for anything again
process.on("disconnect", () => process.exit(0))
watchParent()

/** A thread of its own, since native code may hold this one for good: when the parent is gone, so are we. */
function watchParent(): void {
  const watch = `setInterval(() => { if (process.ppid !== ${process.ppid}) process.kill(process.pid, "SIGKILL") }, 250)`
  new Thread(watch, { eval: true, stdout: true, stderr: true }).unref()
}

async function execute(sent: SentTask): Promise<void> {
  try {
    const task: Task = { ...sent, stage: await findStage(sent.stage), address: sent.stage }
    const report = {
      log: (message: string) => say({ type: "log", message }),
      progress: (done: number, total: number) => say({ type: "progress", done, total })
    }
    say({ type: "started" })
    // a task is ended by ending its process
    const { signal } = new AbortController()
    say({ type: "result", result: await executeTask(task, report, tools, signal) })
  } catch (error) {
    const problem = isProblem(error)
      ? error
      : machineProblem(error, `stage "${sent.stage.export}" (node "${sent.node}") failed`)
    if (problem !== null) {
      const stack = problem.sourceStack
      return say({ type: "problem", problem: { ...problem.toJSON(), ...(stack === null ? {} : { stack }) } })
    }
    const { message, stack = "" } = error as Error
    say({ type: "defect", message, stack })
  }
}

async function findStage({ url, module, export: name }: StageAddress): Promise<AnyStage> {
  const loaded = (await import(url)) as Record<string, unknown>
  const namespace =
    module === null ? loaded : (loaded["modules"] as Record<string, Record<string, unknown>>)[module]!
  return (namespace[name] as { readonly stage: AnyStage }).stage
}

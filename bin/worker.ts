/** A worker process: receives tasks over Node's IPC, one at a time, and answers over it. */
import { Worker as Thread } from "node:worker_threads"
import type { FromWorker, Said, ToWorker } from "../src/executors/protocol.ts"
import { serveTask, workerTools } from "../src/executors/serve-task.ts"
import { thrownText } from "../src/support/stage-failure.ts"
import { captureOutput } from "../src/support/stage-output.ts"

const tools = workerTools(process.argv[2]!)
let token: string | undefined
// bound now, because a stage's library may replace it
const send = process.send?.bind(process)
const say = (said: FromWorker) => void send?.({ token: token!, said } satisfies Said)

captureOutput((node, line) => say({ type: "output", node, line }))
let base = process.cwd()
process.on("message", (message: ToWorker) => {
  token ??= message.token
  base = message.task.base
  void serveTask(message.task, tools, say)
})
// thrown outside the stage's promise, by a timer say: these are the worker's last words, and name the user's source
process.on("uncaughtException", (error) => {
  process.stderr.write(`${thrownText(error, base)}\n`, () => process.exit(1))
})
// the parent is gone: no more tasks
process.on("disconnect", () => process.exit(0))
watchParent()

/** Ends the worker when its parent is gone. It runs in a thread, because native code may block this one for good. */
function watchParent(): void {
  const watch = `setInterval(() => { if (process.ppid !== ${process.ppid}) process.kill(process.pid, "SIGKILL") }, 250)`
  new Thread(watch, { eval: true, stdout: true, stderr: true }).unref()
}

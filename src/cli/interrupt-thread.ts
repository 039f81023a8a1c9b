/**
 * Ctrl-C while a stage holds this process's thread, in a loop without a pause or in native code.
 *
 * Node hands signals to JavaScript on the main thread alone, so a listener there hears nothing until the stage pauses.
 * A thread of its own waits here, by what Node itself has for such a case: `breakOnSigint` ends a script of this thread
 * when SIGINT comes, on whichever thread the process is busy. The thread passes the first SIGINT on, and the main
 * thread hears it as always, now or when the stage pauses. From then on SIGINT has its default action: the second ends
 * the process whatever it does, as the system does it, which a shell reports as 130. Workers see that their parent is gone,
 * and end. (A second process that watches would see no signal that is sent to this one, and the others do not reach a
 * thread at all: SIGTERM and SIGHUP wait for a pause.)
 */
import { Worker } from "node:worker_threads"

const waiting = `
const { parentPort, workerData } = require("node:worker_threads")
globalThis.cell = workerData
try {
  require("node:vm").runInThisContext("Atomics.wait(cell, 0, 0)", { breakOnSigint: true })
} catch {
  parentPort.postMessage("SIGINT")
}
`

/** Returns what ends it, and gives SIGINT back to the main thread's listeners. */
export function watchInterrupts(): () => Promise<void> {
  const cell = new Int32Array(new SharedArrayBuffer(4))
  let thread: Worker
  try {
    thread = new Worker(waiting, { eval: true, workerData: cell, stdout: true, stderr: true })
  } catch {
    return async () => {} // no threads left: the main thread hears signals when stages pause
  }
  const ended = new Promise<void>((resolve) => void thread.once("exit", () => resolve()))
  let cameFirst = false
  thread.on("error", () => {})
  thread.on("message", () => {
    cameFirst = true
    process.emit("SIGINT")
  })
  thread.unref()
  return async () => {
    thread.ref()
    Atomics.store(cell, 0, 1)
    Atomics.notify(cell, 0)
    await ended
    // after the first the next one ends the process
    if (cameFirst) return
    const listeners = process.rawListeners("SIGINT") as Array<NodeJS.SignalsListener>
    process.removeAllListeners("SIGINT")
    for (const listener of listeners) process.on("SIGINT", listener)
  }
}

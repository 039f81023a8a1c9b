/**
 * Handles Ctrl-C while a stage blocks the main thread, in a loop without a pause or in native code.
 *
 * Node delivers signals to JavaScript on the main thread only, so a listener there hears nothing until the stage pauses.
 * A separate thread therefore waits with `breakOnSigint`, which ends its script when SIGINT arrives, even if the main
 * thread is busy. It forwards the first SIGINT to the main thread, which handles it as usual, now or when the stage
 * pauses. After that, SIGINT has its default action again: a second one ends the process, and a shell reports 130. Workers
 * notice that their parent is gone, and exit. (A watching process would not see signals sent to this one, and SIGTERM
 * and SIGHUP do not reach a thread: they wait for a pause.)
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

/** Returns a function that stops it and restores the main thread's SIGINT listeners. */
export function watchInterrupts(): () => Promise<void> {
  const cell = new Int32Array(new SharedArrayBuffer(4))
  let thread: Worker
  try {
    thread = new Worker(waiting, { eval: true, workerData: cell, stdout: true, stderr: true })
  } catch {
    return async () => {} // no threads left: the main thread handles signals when stages pause
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
    // after a first SIGINT, the next one ends the process
    if (cameFirst) return
    const listeners = process.rawListeners("SIGINT") as Array<NodeJS.SignalsListener>
    process.removeAllListeners("SIGINT")
    for (const listener of listeners) process.on("SIGINT", listener)
  }
}

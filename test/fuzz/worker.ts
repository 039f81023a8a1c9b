/** Runs cases of one target, one after the other, and notes which it is at: whoever started it sees where it hangs. */
import { parentPort, workerData } from "node:worker_threads"
import { runCase } from "./targets.ts"

export interface Batch {
  readonly target: string
  readonly from: number
  readonly cases: number
  /** the case that it is at */
  readonly at: Int32Array
}
export interface Outcome {
  readonly valid: number
  readonly refused: number
  readonly wrong: ReadonlyArray<string>
}

const { target, from, cases, at } = workerData as Batch
let valid = 0
const wrong: Array<string> = []
for (let number = from; number < from + cases; number++) {
  Atomics.store(at, 0, number)
  try {
    if (await runCase(target, number)) valid++
  } catch (error) {
    wrong.push(`case ${number}: ${(error as Error).stack ?? String(error)}`)
    if (wrong.length === 5) break
  }
}
// a port of threads, not a window
// oxlint-disable-next-line unicorn/require-post-message-target-origin
parentPort!.postMessage({ valid, refused: cases - valid - wrong.length, wrong } satisfies Outcome)

/** Progress of a run on stderr: one live line per running node on a terminal, plain lines elsewhere. */
import type { Emit } from "../run/events.ts"
import { LiveProgress } from "./live-progress.ts"
import type { CommandOutput } from "./output.ts"
import { plainProgress } from "./plain-progress.ts"

export interface Progress {
  readonly emit: Emit
  /** Clears the live lines; idempotent. */
  readonly stop: () => void
}

/** @param now in milliseconds */
export function showProgress(output: CommandOutput, now: () => number, debug: boolean): Progress {
  const plain = plainProgress(output, now, { steps: !output.live, debug })
  if (!output.live) return { emit: plain, stop: () => {} }
  const live = new LiveProgress(process.stderr, now)
  const above = plainProgress({ ...output, err: (text) => live.above(text) }, now, { steps: false, debug })
  return {
    emit: (event) => {
      above(event)
      live.emit(event)
    },
    stop: () => live.stop()
  }
}

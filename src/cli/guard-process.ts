/**
 * Guards the process against the pipeline file and light stages, which run in it.
 *
 * stdout belongs to the command (with --json it is one document), so all other output goes to stderr. Without the
 * guard, `process.exit()` or a promise that never settles would end the command silently, even with exit code 0.
 */
import { printable } from "../support/plain-text.ts"
import { Problem } from "../support/problem.ts"
import { sourcePlace } from "../support/source-place.ts"
import { stageFailure } from "../support/stage-failure.ts"
import { captureOutput } from "../support/stage-output.ts"

export interface Strayed {
  /** Called on an unhandled error or an endless wait: the command must stop. */
  readonly stop: (error: unknown) => void
  /** Called when the process is exiting early: reports why, and returns the exit code. */
  readonly end: (problem: Problem) => number
}

/** Returns a function that removes the guard. */
export function guardProcess({ stop, end }: Strayed): () => void {
  const { stdout, stderr } = process
  const write = stdout.write
  stdout.write = stderr.write.bind(stderr) as typeof stdout.write
  const writeError = stderr.write.bind(stderr)
  const release = captureOutput((node, line) => void writeError(`[${node}] ${printable(line)}\n`))
  const onError = (error: unknown) => stop(ownError(error))
  const onIdle = () => stop(waitsForever())
  const onExit = (code: number) => {
    process.exitCode = end(endedEarly(code))
  }
  process.on("uncaughtException", onError).on("beforeExit", onIdle).once("exit", onExit)
  return () => {
    release()
    stdout.write = write
    process.off("uncaughtException", onError).off("beforeExit", onIdle).off("exit", onExit)
  }
}

const endedEarly = (code: number) =>
  new Problem("StageFailed", `pipeline code ended the process: process.exit(${code})`, {
    hint: "remove the call: a stage must return its results or throw an error"
  })
const waitsForever = () =>
  new Problem("StageFailed", "pipeline code is waiting for a promise that never settles", {
    hint: "check the most recently started stage: every path in it must resolve or reject"
  })

/** A problem if pipeline code threw the error, or rejected with something else; otherwise the error itself. */
function ownError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Problem) return error
  const { name, code } = error as NodeJS.ErrnoException
  if (sourcePlace(error) === null && code !== "ERR_UNHANDLED_REJECTION") return error
  return stageFailure("StageFailed", `unhandled exception in pipeline code: ${name}`, error, {
    base: process.cwd(),
    hint: "await every promise in a stage, and do not throw in callbacks"
  })
}

/**
 * The pipeline file and light stages run in this process: what they print is no result, and they must not end it.
 *
 * stdout belongs to the command (with --json it is one document), so what anyone else writes there goes to stderr. A
 * `process.exit()` in a stage, or a promise that never settles, would end the command silently, even with exit code 0.
 */
import { printable } from "../support/plain-text.ts"
import { Problem } from "../support/problem.ts"
import { sourcePlace } from "../support/source-place.ts"
import { stageFailure } from "../support/stage-failure.ts"
import { captureOutput } from "../support/stage-output.ts"

export interface Strayed {
  /** An error that nobody waited for, or a wait without an end: the command is to stop. */
  readonly stop: (error: unknown) => void
  /** The process is ending under us: says what is wrong, and gives the exit code. */
  readonly end: (problem: Problem) => number
}

/** Returns what takes the guard away. */
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
  new Problem("StageFailed", `the pipeline's code ended the process: process.exit(${code})`, {
    hint: "a stage gives its results, or throws what is wrong: take the call out"
  })
const waitsForever = () =>
  new Problem("StageFailed", "the pipeline's code waits for a promise that never settles", {
    hint: "the stage that began last is the one: see that every path in it resolves or rejects"
  })

/** A problem of the pipeline's, if its code threw the error or rejected with no error; the error as it was otherwise. */
function ownError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Problem) return error
  const { name, code } = error as NodeJS.ErrnoException
  if (sourcePlace(error) === null && code !== "ERR_UNHANDLED_REJECTION") return error
  return stageFailure(
    "StageFailed",
    `the pipeline's code threw where nothing could catch it: ${name}`,
    error,
    { base: process.cwd(), hint: "await every promise that a stage makes, and throw in no callback of it" }
  )
}

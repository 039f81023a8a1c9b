/**
 * A command's output: results on stdout, everything else on stderr.
 *
 * A reader that went away (`probeline runs | head -1`, a closed terminal) is not an error. A failed write to stdout,
 * such as to a full disk, is one: the command ends with exit code 1. Failed writes to stderr are ignored.
 */
import * as fs from "node:fs"
import { Problem } from "../support/problem.ts"
import { noPaint, type Paint, paintFor } from "../support/colour.ts"

export interface CommandOutput {
  /** A line, or several, on stdout. */
  out(text: string): void
  /** A line, or several, on stderr. */
  err(text: string): void
  /** for text on stdout */
  readonly paint: Paint
  /** for text on stderr */
  readonly errPaint: Paint
  /** columns of stdout; Infinity if it is not a terminal, so that nothing is cut */
  readonly width: number
  /** whether stderr is a terminal, for live progress */
  readonly live: boolean
}

const gone = new Set(["EPIPE", "EIO", "ERR_STREAM_DESTROYED"])

export interface ProcessOutput extends CommandOutput {
  /** Waits for pending output. Resolves to a problem if a write to stdout failed, else to null. */
  readonly flushed: () => Promise<Problem | null>
}

/** The process's own streams. */
export function processOutput(): ProcessOutput {
  const { stdout, stderr, env } = process
  let failure: NodeJS.ErrnoException | null = null
  const onError = (error: NodeJS.ErrnoException) => {
    if (!gone.has(error.code ?? "")) failure ??= error
  }
  stdout.on("error", onError)
  stderr.on("error", () => {})
  // saved now: while a command runs, guard-process.ts redirects stdout to stderr and marks what stages write
  const write = stdout.write.bind(stdout)
  const writeError = stderr.write.bind(stderr)
  const print = isFile(stdout.fd) ? (text: string) => writeWhole(stdout.fd, text, onError) : write
  return {
    out: (text) => void print(`${text}\n`),
    err: (text) => void writeError(`${text}\n`),
    flushed: async () => {
      await new Promise((resolve) => write("", resolve))
      return failure === null ? null : notWritten(failure)
    },
    paint: paintFor(stdout, env),
    errPaint: paintFor(stderr, env),
    // a terminal of unknown width reports 0
    width: stdout.isTTY === true ? stdout.columns || 100 : Infinity,
    live: stderr.isTTY === true && env["TERM"] !== "dumb"
  }
}

/** Loops, because Node's file stream ignores a short write, as on a disk that fills up. */
function writeWhole(descriptor: number, text: string, onError: (error: NodeJS.ErrnoException) => void): void {
  const bytes = Buffer.from(text)
  try {
    for (let at = 0; at < bytes.length;) at += fs.writeSync(descriptor, bytes, at)
  } catch (error) {
    onError(error as NodeJS.ErrnoException)
  }
}

/** A regular file, or a device other than a terminal: Node writes to these synchronously. */
function isFile(descriptor: number): boolean {
  try {
    const stat = fs.fstatSync(descriptor)
    return stat.isFile() || (stat.isCharacterDevice() && !process.stdout.isTTY)
  } catch {
    return false // stdout is closed
  }
}

const notWritten = (cause: NodeJS.ErrnoException) =>
  new Problem("SystemRefused", `cannot write to stdout: ${cause.message}`, {
    hint:
      cause.code === "ENOSPC"
        ? "the disk is full: free some space, or redirect the output elsewhere, and run the command again"
        : "redirect the output elsewhere, and run the command again",
    cause
  })

/** Collects output, for tests. */
export function memoryOutput(
  width = 100
): CommandOutput & { readonly stdout: () => string; readonly stderr: () => string } {
  const [out, err]: [Array<string>, Array<string>] = [[], []]
  return {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    paint: noPaint,
    errPaint: noPaint,
    width,
    live: false,
    stdout: () => out.join("\n"),
    stderr: () => err.join("\n")
  }
}

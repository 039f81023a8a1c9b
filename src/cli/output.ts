/**
 * Where a command writes: results to stdout, everything that accompanies them to stderr.
 *
 * A reader that has gone (`probeline runs | head -1`, a closed terminal) is no error. A stdout that cannot be written,
 * such as a file on a full disk, is one: the command ends with exit code 1. A stderr that cannot be written only loses
 * what accompanies the results.
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
  /** columns of stdout; Infinity where it is no terminal, and nothing is cut for want of room */
  readonly width: number
  /** stderr is a terminal: progress may be drawn there */
  readonly live: boolean
}

const gone = new Set(["EPIPE", "EIO", "ERR_STREAM_DESTROYED"])

export interface ProcessOutput extends CommandOutput {
  /** Waits for pending output. Resolves to a problem if stdout could not be written, else to null. */
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
  // kept, since while a command runs, what others write to stdout goes to stderr (guard-process.ts), and what stages write is marked
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
    // a terminal that does not know its width says 0
    width: stdout.isTTY === true ? stdout.columns || 100 : Infinity,
    live: stderr.isTTY === true && env["TERM"] !== "dumb"
  }
}

/** Node's file stream does not notice a short write, as on a disk that fills up, so this loops. */
function writeWhole(descriptor: number, text: string, onError: (error: NodeJS.ErrnoException) => void): void {
  const bytes = Buffer.from(text)
  try {
    for (let at = 0; at < bytes.length;) at += fs.writeSync(descriptor, bytes, at)
  } catch (error) {
    onError(error as NodeJS.ErrnoException)
  }
}

/** A regular file, or a device that is no terminal: what Node writes to synchronously. */
function isFile(descriptor: number): boolean {
  try {
    const stat = fs.fstatSync(descriptor)
    return stat.isFile() || (stat.isCharacterDevice() && !process.stdout.isTTY)
  } catch {
    return false // stdout is closed
  }
}

const notWritten = (cause: NodeJS.ErrnoException) =>
  new Problem("SystemRefused", `stdout cannot be written: ${cause.message}`, {
    hint:
      cause.code === "ENOSPC"
        ? "the disk is full: free some space, or send the output elsewhere, and give the command again"
        : "send the output elsewhere, and give the command again",
    cause
  })

/** Gathers what is written, for tests. */
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

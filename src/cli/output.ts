/**
 * Where a command writes: results to stdout, everything that accompanies them to stderr.
 *
 * A reader that has gone (`probeline runs | head -1`, a closed terminal) is no error.
 */
import { noPaint, type Paint, paintFor } from "./colour.ts"

export interface Output {
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

/** The process's own streams. */
export function processOutput(): Output {
  const { stdout, stderr, env } = process
  for (const stream of [stdout, stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (!gone.has(error.code ?? "")) throw error
    })
  // kept, since what others write to stdout is sent to stderr while a command runs (guard-process.ts)
  const write = stdout.write.bind(stdout)
  return {
    out: (text) => void write(`${text}\n`),
    err: (text) => void stderr.write(`${text}\n`),
    paint: paintFor(stdout, env),
    errPaint: paintFor(stderr, env),
    // a terminal that does not know its width says 0
    width: stdout.isTTY === true ? stdout.columns || 100 : Infinity,
    live: stderr.isTTY === true && env["TERM"] !== "dumb"
  }
}

/** Gathers what is written, for tests. */
export function memoryOutput(
  width = 100
): Output & { readonly stdout: () => string; readonly stderr: () => string } {
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

/**
 * What stages write to stdout and stderr (`console.log`), line by line, each with its node.
 *
 * Tasks of several nodes take turns in one process, so a writer's node is found by its asynchronous context.
 */
import { AsyncLocalStorage } from "node:async_hooks"
import { StringDecoder } from "node:string_decoder"
import { stripVTControlCharacters } from "node:util"

export type TakeLine = (node: string, line: string) => void

const writers = new AsyncLocalStorage<Writer>()

/** Runs a stage's function: its output belongs to this node. */
export const writingAs = async <A>(node: string, work: () => A | Promise<A>): Promise<A> => {
  const writer = new Writer(node)
  try {
    return await writers.run(writer, work)
  } finally {
    writer.end()
  }
}

/** Runs the engine's own code, even if a stage called it: its output belongs to no node. */
export const writingAsNobody = <A>(work: () => A): A => writers.exit(work)

/**
 * Captures the output of stages from here on; all other output goes where it went before. Returns the
 * function that ends the capture.
 */
export function captureOutput(take: TakeLine): () => void {
  const restore = [process.stdout, process.stderr].map((stream) => {
    const write = stream.write
    const captured = (...given: Parameters<typeof write>): boolean => {
      const writer = writers.getStore()
      if (writer === undefined) return write.apply(stream, given)
      const [data, encoding] = given as [string | Uint8Array, unknown]
      const bytes = typeof data === "string" ? Buffer.from(data, encodingOf(encoding)) : data
      writers.exit(() => writer.write(stream, bytes, take))
      const done = given.find((argument) => typeof argument === "function") as (() => void) | undefined
      if (done !== undefined) queueMicrotask(done)
      return true
    }
    stream.write = captured as typeof write
    return () => void (stream.write = write)
  })
  return () => restore.forEach((of) => of())
}

const encodingOf = (given: unknown): BufferEncoding =>
  typeof given === "string" ? (given as BufferEncoding) : "utf8"

class Writer {
  readonly #node: string
  readonly #streams = new Map<unknown, Lines>()
  #isEnded = false
  constructor(node: string) {
    this.#node = node
  }
  write(stream: unknown, bytes: Uint8Array, take: TakeLine): void {
    const lines = this.#streams.get(stream) ?? new Lines((line) => take(this.#node, line))
    this.#streams.set(stream, lines)
    lines.write(bytes)
    // output of a timer that the stage left running
    if (this.#isEnded) lines.end()
  }
  end(): void {
    this.#isEnded = true
    writers.exit(() => this.#streams.forEach((lines) => lines.end()))
  }
}

/** The longest line without a newline, in characters. */
const longestLine = 65_536

/**
 * Splits bytes into lines of plain text, without colours. If a carriage return rewrote a line, its last state
 * counts.
 */
export class Lines {
  readonly #take: (line: string) => void
  readonly #decoder = new StringDecoder("utf8")
  #rest = ""
  constructor(take: (line: string) => void) {
    this.#take = take
  }
  write(bytes: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.write(bytes as Buffer)).split(/\r?\n/)
    this.#rest = lines.pop()!
    for (const line of lines) this.#say(line)
    if (this.#rest.length > longestLine) this.end()
  }
  /** Ends the last line, which may have no newline. */
  end(): void {
    const rest = this.#rest + this.#decoder.end()
    this.#rest = ""
    if (rest !== "") this.#say(rest)
  }
  #say(line: string): void {
    this.#take(stripVTControlCharacters(line.slice(line.lastIndexOf("\r", line.length - 2) + 1)))
  }
}

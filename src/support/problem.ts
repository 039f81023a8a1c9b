/**
 * Problem: every failure that a user can meet, as a value.
 *
 * It says what was wrong, where, and what to do; the command line prints it, `--json` outputs its fields, and
 * its tag decides the exit code. Any other thrown error is a defect in Probeline (exit code 70).
 */
const exitCodes = {
  /** the arguments of the command line */
  Usage: 2,
  PipelineNotFound: 2,
  PipelineNotLoaded: 2,
  PipelineInvalid: 2,
  ParameterInvalid: 2,
  NodeNotFound: 2,
  RunNotFound: 2,
  ArtifactNotFound: 2,
  SourceInvalid: 2,
  /** a file given to a command as input */
  InputInvalid: 2,
  StoreNotUsable: 2,
  /** something that ran failed */
  StageFailed: 1,
  /** it exceeded the time limit of its stage */
  TimedOut: 1,
  OutputInvalid: 1,
  WorkerDied: 1,
  /** the machine or a user killed a worker process: not the stage's fault */
  WorkerKilled: 1,
  /** the system could not start a worker process, or it died at once: not the stage's fault */
  WorkerNotStarted: 1,
  /** a file changed while a computation used it */
  InputChanged: 1,
  /** a failed download */
  FetchFailed: 1,
  /** the operating system refused something: a file, memory, a process */
  SystemRefused: 1,
  StoreFull: 1,
  StoreWriteFailed: 1,
  Stale: 3,
  StoreLocked: 4,
  StoreCorrupt: 5
} as const

export type ProblemTag = keyof typeof exitCodes

export interface Where {
  readonly file?: string | null
  readonly line?: number | null
  readonly column?: number | null
  /** a field, parameter, port or column: `annotations[12].segmentation`, `params.seed` */
  readonly field?: string | null
  /** what to do about it */
  readonly hint?: string | null
  /** the stack of the user's code, in lines of the user's source; default: this problem's own */
  readonly stack?: string
  readonly cause?: unknown
}

export class Problem extends Error {
  readonly _tag: ProblemTag
  readonly file: string | null
  readonly line: number | null
  readonly column: number | null
  readonly field: string | null
  readonly hint: string | null
  /** see `Where.stack`; null if there is only the problem's own stack */
  readonly sourceStack: string | null
  constructor(tag: ProblemTag, message: string, where: Where = {}) {
    super(message, where.cause === undefined ? undefined : { cause: where.cause })
    this.name = tag
    this._tag = tag
    this.file = where.file ?? null
    this.line = where.line ?? null
    this.column = where.column ?? null
    this.field = where.field ?? null
    this.hint = where.hint ?? null
    this.sourceStack = where.stack ?? null
  }
  get exitCode(): number {
    return exitCodes[this._tag]
  }
  toJSON() {
    const { _tag: tag, message, file, line, column, field, hint } = this
    return { tag, message, file, line, column, field, hint }
  }
}

export const isProblem = (error: unknown): error is Problem => error instanceof Problem

/** The nearest of some names, for "did you mean": at most a third of the letters may differ. */
export function nearest(name: string, names: Iterable<string>): string | null {
  let best: string | null = null
  let least = Math.floor(Math.max(name.length, 3) / 3) + 1
  for (const other of names) {
    const d = editDistance(name.toLowerCase(), other.toLowerCase())
    if (d < least) [best, least] = [other, d]
  }
  return best
}
export const didYouMean = (name: string, names: Iterable<string>): string | null => {
  const near = nearest(name, names)
  return near === null ? null : `did you mean "${near}"?`
}

/** The edit distance between two words, counting a swap of neighbours as one (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: ReadonlyArray<number> = []
  let row: ReadonlyArray<number> = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      next[j] = Math.min(
        row[j]! + 1,
        next[j - 1]! + 1,
        row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1),
        swapped ? before[j - 2]! + 1 : Infinity
      )
    }
    ;[before, row] = [row, next]
  }
  return row[b.length]!
}

export const usage = (message: string, field: string | null = null, hint: string | null = null) =>
  new Problem("Usage", message, { field, hint })

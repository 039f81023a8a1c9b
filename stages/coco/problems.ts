/** The problems of a COCO file or a task list, collected so that all can be fixed in one go. */

/** One problem. */
export interface CocoProblem {
  /** such as `annotations[12].segmentation` or `line 12`; empty for the file as a whole */
  readonly field: string
  /** what is wrong and what to do */
  readonly message: string
}

/** A file does not conform to COCO's format, or is no task list. */
export class CocoError extends Error {
  override readonly name = "CocoError"
  readonly file: string
  /** of the first problem */
  readonly field: string
  /** the first problems in the file's order, at most `mostProblems` */
  readonly problems: ReadonlyArray<CocoProblem>
  constructor(
    file: string,
    problems: readonly [CocoProblem, ...Array<CocoProblem>],
    found = problems.length
  ) {
    const lines = problems.map(({ field, message }) => (field === "" ? message : `${field}: ${message}`))
    const rest = found > problems.length ? [`and ${found - problems.length} more problems`] : []
    super(
      lines.length === 1
        ? `${file}: ${lines[0]}`
        : [`${file}: ${found} problems`, ...lines, ...rest].join("\n  ")
    )
    this.file = file
    this.field = problems[0].field
    this.problems = problems
  }
}

/** At most this many problems are described; the rest are counted. */
export const mostProblems = 20

/** Collects problems while checking a file. */
export class Problems {
  readonly #file: string
  readonly #problems: Array<CocoProblem> = []
  #found = 0
  constructor(file: string) {
    this.#file = file
  }
  add(field: string, message: string): void {
    this.#found++
    if (this.#problems.length < mostProblems) this.#problems.push({ field, message })
  }
  get found(): number {
    return this.#found
  }
  /** @throws {CocoError} if there are problems */
  check(): void {
    const [first, ...others] = this.#problems
    if (first !== undefined) throw new CocoError(this.#file, [first, ...others], this.#found)
  }
  /** Stops at once, for problems that make the rest unreadable. */
  fail(field: string, message: string): never {
    throw new CocoError(this.#file, [{ field, message }])
  }
}

/** What can be wrong with a pipeline file, with the place in the user's own source. */
import { Problem, type ProblemTag } from "../../support/problem.ts"

/** `PipelineNotFound`: no such file. `PipelineNotLoaded`: it does not compile, resolve or run. `PipelineInvalid`: it is no pipeline. */
export type LoadErrorTag = Extract<ProblemTag, "PipelineNotFound" | "PipelineNotLoaded" | "PipelineInvalid">

export interface SourceLocation {
  /** absolute */
  readonly file: string
  /** from 1; null where the place is the file as a whole */
  readonly line: number | null
  /** from 1, in UTF-16 units */
  readonly column: number | null
}

export class LoadError extends Problem {
  readonly tag: LoadErrorTag
  constructor(
    tag: LoadErrorTag,
    message: string,
    place: SourceLocation,
    hint: string | null = null,
    cause?: unknown
  ) {
    super(tag, message, { ...place, hint, cause })
    this.tag = tag
  }
}

export const wholeFile = (file: string): SourceLocation => ({ file, line: null, column: null })

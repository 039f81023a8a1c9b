/** Errors in a pipeline file, with their place in the user's source. */
import { Problem, type ProblemTag } from "../../support/problem.ts"

/** `PipelineNotFound`: no such file. `PipelineNotLoaded`: it does not compile, resolve or run. `PipelineInvalid`: it is not a pipeline. */
export type LoadErrorTag = Extract<ProblemTag, "PipelineNotFound" | "PipelineNotLoaded" | "PipelineInvalid">

export interface SourceLocation {
  /** absolute */
  readonly file: string
  /** from 1; null if the place is the whole file */
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

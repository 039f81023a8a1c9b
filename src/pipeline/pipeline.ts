/** Pipelines: named parameters, and a static graph built from them. */
import type { Params, Values } from "./params.ts"
import type { AnyRef } from "./stage.ts"

export type Outputs = { readonly [name: string]: AnyRef | ReadonlyArray<AnyRef> }

/** How `diff` compares two runs of the pipeline; options of the command line take precedence. In no key. */
export interface DiffSettings {
  /** by name, as the stages' `compare` declare them */
  readonly thresholds?: Readonly<Record<string, number>>
  /** the largest difference of two numbers that counts as none: of all columns, or by column ("*" for all others) */
  readonly tolerance?: number | Readonly<Record<string, number>>
}
export interface Pipeline<P extends Params, O extends Outputs> {
  readonly name: string
  readonly doc?: string
  readonly diff?: DiffSettings
  readonly params: P
  readonly graph: (params: Values<P>) => O
}
export type AnyPipeline = Pipeline<Params, Outputs>

/** The default export of a pipeline file. `graph` calls stages and returns the requested nodes. */
export const definePipeline = <const P extends Params, const O extends Outputs>(
  name: string,
  spec: {
    readonly doc?: string
    readonly diff?: DiffSettings
    readonly params: P
    readonly graph: (params: Values<P>) => O
  }
): Pipeline<P, O> => ({ name, ...spec })

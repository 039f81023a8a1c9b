/** Pipelines: named parameters, and a static graph built from them. */
import type { Params, Values } from "./params.ts"
import type { AnyRef } from "./stage.ts"

export type Outputs = { readonly [name: string]: AnyRef | ReadonlyArray<AnyRef> }
export interface Pipeline<P extends Params, O extends Outputs> {
  readonly name: string
  readonly doc?: string
  readonly params: P
  readonly graph: (params: Values<P>) => O
}
export type AnyPipeline = Pipeline<Params, Outputs>

/** The default export of a pipeline file. `graph` calls stages and returns the requested nodes. */
export const definePipeline = <const P extends Params, const O extends Outputs>(
  name: string,
  spec: { readonly doc?: string; readonly params: P; readonly graph: (params: Values<P>) => O }
): Pipeline<P, O> => ({ name, ...spec })

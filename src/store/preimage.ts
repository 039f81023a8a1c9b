/**
 * Preimages: everything that an execution depends on, in plain JSON, and the key that is its digest.
 *
 * Parts that only explain (which module, which node) are kept beside and do not enter the key.
 */
import type { Columns } from "../pipeline/columns.ts"
import type { Form } from "../pipeline/ports.ts"
import { digestJson } from "./canonical-json.ts"

/** What a port reads of one artifact. */
export interface InputPreimage {
  /** explains: the node that gave it */
  readonly node: string
  /** of the ids in their order; null for a table */
  readonly ids: string | null
  /** of each column read; a tensor family stands for its members */
  readonly columns: Readonly<Record<string, string>>
  /** ids that failed upstream, if any */
  readonly failed: ReadonlyArray<string>
}
export interface CodePreimage {
  readonly digest: string
  /** explains: modules by path, and packages by version, that make up the digest */
  readonly modules: Readonly<Record<string, string>>
  readonly packages: Readonly<Record<string, string>>
}
export interface Preimage {
  readonly format: 1
  readonly stage: string
  readonly code: CodePreimage
  readonly params: Readonly<Record<string, unknown>>
  readonly environment: unknown
  readonly output: { readonly form: Form; readonly columns: Columns; readonly label: string | null }
  readonly inputs: Readonly<Record<string, ReadonlyArray<InputPreimage>>>
}

/** The digest of what all items of an itemwise node share: of everything but the ports that are joined by item. */
export const sharedKeyOf = (preimage: Preimage, joined: ReadonlyArray<string>): string =>
  keyOf({
    ...preimage,
    inputs: Object.fromEntries(Object.entries(preimage.inputs).filter(([port]) => !joined.includes(port)))
  })

/** The digest of all that the outcome depends on, and of nothing else. */
export const keyOf = (preimage: Preimage): string =>
  digestJson({
    format: preimage.format,
    stage: preimage.stage,
    code: preimage.code.digest,
    params: preimage.params,
    environment: preimage.environment,
    output: preimage.output,
    inputs: Object.fromEntries(
      Object.entries(preimage.inputs).map(([port, inputs]) => [
        port,
        inputs.map(({ ids, columns, failed }) => ({ ids, columns, failed }))
      ])
    )
  })

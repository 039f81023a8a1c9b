/**
 * Activations: one row per row of tokens, holding a vector for each tap of an encoder. The item is the scene.
 * Extraction and import both produce this table, each with one extra column; probes read it.
 */
import { column } from "../../src/index.ts"
import { tokenNameColumns } from "./tokens.ts"

export const activationColumns = {
  ...tokenNameColumns,
  /** [width] of each tap, by the tap's name */
  activation: column.tensors("width")
}

/** The plain columns as arrays; row i is row i of every tap's matrix. */
export interface ActivationNames {
  readonly scene: ReadonlyArray<string>
  readonly source: ReadonlyArray<string>
  readonly object: ReadonlyArray<number>
  readonly token: ReadonlyArray<string>
}
export interface ActivationTable {
  read(
    ...names: ReadonlyArray<"source" | "object" | "token">
  ): Promise<Omit<ActivationNames, "scene"> & { readonly item: ReadonlyArray<string> }>
}

export async function readActivationNames(table: ActivationTable): Promise<ActivationNames> {
  const { item, source, object, token } = await table.read("source", "object", "token")
  return { scene: item, source, object, token }
}

/**
 * Activations: one row per row of tokens, holding a vector for each tap of an encoder. The item is the scene.
 * Extraction and import both produce this table, each with one extra column; probes read it.
 */
import { type CellOf, column, type Table } from "../../src/index.ts"
import { tokenNameColumns } from "./tokens.ts"

/** Whose activations they are; the same in all rows of a table. */
export const encoderColumns = {
  /** digest of the weights and the preprocessing; null if they are not known, as in imported activations */
  encoder_digest: column.nullable(column.utf8()),
  /** number of the encoder's transformer blocks; null if it is not known */
  blocks: column.nullable(column.int32())
}
export const activationColumns = {
  ...tokenNameColumns,
  ...encoderColumns,
  /** [width] of each tap, by the tap's name */
  activation: column.tensors("width")
}

export const activationNameColumns = { ...tokenNameColumns, ...encoderColumns }

/** The plain columns as arrays; row i is row i of every tap's matrix. */
export type ActivationNames = {
  readonly [K in keyof typeof activationNameColumns]: ReadonlyArray<CellOf<(typeof activationNameColumns)[K]>>
} & { readonly scene: ReadonlyArray<string> }
export type ActivationTable = Pick<Table<typeof activationNameColumns>, "read">

export async function readActivationNames(table: ActivationTable): Promise<ActivationNames> {
  const { item, ...names } = await table.read(
    "selection",
    "task",
    "source",
    "object",
    "token",
    "encoder_digest",
    "blocks"
  )
  return { scene: item, ...names }
}

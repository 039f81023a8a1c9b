/** The columns of a table of activations: what extraction gives, and what probes read. */
import { column } from "../../src/index.ts"

export const activationColumns = {
  source: column.utf8(),
  object: column.int32(),
  token: column.utf8(),
  /** [width] of each tap, by the tap's name */
  activation: column.tensors("width")
}

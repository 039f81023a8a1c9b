/** Tokens: one row per weight vector over an encoder's tokens, with what it represents. The item is the scene. */
import { column, type Row } from "../../src/index.ts"

/** Which vector of a scene it is. Activations have these columns too. */
export const tokenNameColumns = {
  /** how masks became patches (see masks); null if it does not matter, as for `cls` */
  selection: column.nullable(column.utf8()),
  /** the paired task; null if the row serves any, as for `cls` and for single objects */
  task: column.nullable(column.utf8()),
  /**
   * what the tokens represent: `object`, `primary`, `secondary`, `image`, `background`, or one side of a comparison
   * (see `questions`)
   */
  source: column.utf8(),
  /** the object's index in the scene; −1 (`noObject`) where the row is not about one object */
  object: column.int32(),
  /** `cls`, `avg_obj`, `random_obj`, `random`; or `token.0`, `token.1` … when all tokens are kept */
  token: column.utf8()
}
export const tokenColumns = {
  ...tokenNameColumns,
  /** indices of the encoder's tokens, counting CLS and registers */
  indices: column.list(column.int32()),
  /** one per index, summing to 1 */
  weights: column.list(column.float64())
}
export type TokenRow = Row<typeof tokenColumns>

/** Names all tokens that represent one thing in a scene: an object, or the union of a category in a task. */
export const tokenSourceKey = (
  scene: string,
  { task, source, object }: Pick<TokenRow, "task" | "source" | "object">
): string => JSON.stringify([scene, task, source, object])

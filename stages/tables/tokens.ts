/** Tokens: a row is a vector of weights over an encoder's tokens, and what it stands for. The item is the scene. */
import { column, type Row } from "../../src/index.ts"

/** Which vector of a scene it is. Activations have these columns too. */
export const tokenNameColumns = {
  /** what the tokens stand for: `object`, `primary`, `secondary`, `image` or `background` */
  source: column.utf8(),
  /** the object's index in the scene; −1 (`noObject`) where the row is not one object's */
  object: column.int32(),
  /** `cls`, `avg_obj`, `random_obj`, `random`, `background`, or `token` when all are taken */
  token: column.utf8()
}
export const tokenColumns = {
  ...tokenNameColumns,
  /** of the encoder's tokens, CLS and registers counted */
  indices: column.list(column.int32()),
  /** as many as indices, summing to 1 */
  weights: column.list(column.float64())
}
export type TokenRow = Row<typeof tokenColumns>

/** Names all tokens that stand for one thing in a scene: an object, or the union of a category. */
export const tokenSourceKey = (scene: string, source: string, object: number): string =>
  JSON.stringify([scene, source, object])

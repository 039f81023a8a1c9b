/** Tokens: one row per weight vector over an encoder's tokens, with what it represents. The item is the scene. */
import { column, type Row } from "../../src/index.ts"

/** Which vector of a scene it is. Activations have these columns too. */
export const tokenNameColumns = {
  /** what the tokens represent: `object`, `primary`, `secondary`, `image` or `background` */
  source: column.utf8(),
  /** the object's index in the scene; −1 (`noObject`) where the row is not about one object */
  object: column.int32(),
  /** `cls`, `avg_obj`, `random_obj`, `random`, `background`, or `token` when all tokens are kept */
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

/** A kind of token, and what it stands for. */
export interface TokenKind {
  readonly token: string
  readonly source: string
}
const kind = (token: string, source: string): TokenKind => ({ token, source })
/** The kinds that `select-tokens` makes for a question, if the encoder has a class token. */
export const tokensOfQuestion: Readonly<Record<"category" | "pair", ReadonlyArray<TokenKind>>> = {
  category: [
    kind("avg_obj", "object"),
    kind("cls", "image"),
    kind("random", "object"),
    kind("random_obj", "object")
  ],
  pair: [
    kind("avg_obj", "primary"),
    kind("avg_obj", "secondary"),
    kind("background", "background"),
    kind("cls", "image"),
    kind("random", "primary"),
    kind("random", "secondary"),
    kind("random_obj", "primary"),
    kind("random_obj", "secondary")
  ]
}

/** Names all tokens that represent one thing in a scene: an object, or the union of a category. */
export const tokenSourceKey = (scene: string, source: string, object: number): string =>
  JSON.stringify([scene, source, object])

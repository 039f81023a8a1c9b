/** Rows of tokens: of an object, of the background, of the whole image, of everything. */
import type { Random } from "../../src/index.ts"
import { noObject } from "../tables/ids.ts"
import type { MaskRow } from "../tables/masks.ts"
import type { TokenRow } from "../tables/tokens.ts"
import { patchCount, type TokenGrid } from "../vision/grid.ts"
import {
  averageObject,
  averagePatches,
  type Coverage,
  oneHot,
  patchesOf,
  randomAnywhere,
  randomOf,
  type Weights
} from "./weights.ts"

/**
 * A generator for the labels, besides the seed and the scene. Labels name neither the selection nor the task, so that
 * equal patches get equal draws.
 */
export type Draw = (...labels: ReadonlyArray<string | number>) => Random

/** What rows have in common: the columns that name a token, and where on the grid it is. */
export interface TokenContext {
  readonly grid: TokenGrid
  /** the least coverage at which a patch belongs to an object */
  readonly threshold: number
  readonly selection: string
  readonly task: string | null
  readonly draw: Draw
}

type Named = Pick<TokenRow, "selection" | "task">
export const tokenRow = (
  { selection, task }: Named,
  source: string,
  object: number,
  token: string,
  { indices, weights }: Weights
): TokenRow => ({ selection, task, source, object, token, indices, weights })

const whole: Named = { selection: null, task: null }
/** Token 0 is the class token, unless the encoder has none: then it is a register or a patch. */
export const classToken = (grid: TokenGrid): ReadonlyArray<TokenRow> =>
  grid.classToken ? [tokenRow(whole, "image", noObject, "cls", oneHot(0))] : []
/** `token.0`, `token.1` …, in the encoder's order. */
export const everyToken = (grid: TokenGrid): ReadonlyArray<TokenRow> =>
  Array.from({ length: grid.prefix + patchCount(grid) }, (_, token) =>
    tokenRow(whole, "image", noObject, `token.${token}`, oneHot(token))
  )

/**
 * An object's tokens; none if no patch reaches the threshold.
 *
 * @param label names the object in draws
 */
export function objectRows(
  context: TokenContext,
  source: string,
  object: number,
  coverage: Coverage,
  label: string | number
): ReadonlyArray<TokenRow> {
  const { grid, threshold, draw } = context
  const patches = patchesOf(coverage, threshold)
  if (patches.length === 0) return []
  return [
    tokenRow(context, source, object, "avg_obj", averageObject(grid, coverage, patches)),
    tokenRow(
      context,
      source,
      object,
      "random_obj",
      randomOf(grid, patches, draw("random_obj", source, label))
    ),
    tokenRow(context, source, object, "random", randomAnywhere(grid, draw("random", source, label)))
  ]
}

/** The mean of all background patches, and one of them; nothing if there are none. */
export const backgroundRows = (context: TokenContext, free: ReadonlyArray<number>): ReadonlyArray<TokenRow> =>
  free.length === 0
    ? []
    : [
        tokenRow(context, "background", noObject, "avg_obj", averagePatches(context.grid, free)),
        tokenRow(
          context,
          "background",
          noObject,
          "random_obj",
          randomOf(context.grid, free, context.draw("random_obj", "background"))
        )
      ]

/** Coverage by object, or by whatever `keyOf` says; rows without a key are left out. */
export function coverageBy<K>(
  masks: ReadonlyArray<MaskRow>,
  keyOf: (mask: MaskRow) => K | null
): ReadonlyMap<K, Coverage> {
  const all = new Map<K, Map<number, number>>()
  for (const mask of masks) {
    const key = keyOf(mask)
    if (key === null) continue
    const of = all.get(key)
    if (of === undefined) all.set(key, new Map([[mask.patch, mask.coverage]]))
    else of.set(mask.patch, mask.coverage)
  }
  return all
}

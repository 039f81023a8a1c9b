/** The tokens of a task's pair: both objects', and both sides of each comparison with the background. */
import type { Random } from "../../src/index.ts"
import { noObject } from "../tables/ids.ts"
import type { MaskRow } from "../tables/masks.ts"
import { type BackgroundComparison, sidesOf } from "../tables/questions.ts"
import type { TaskRow } from "../tables/tasks.ts"
import type { TokenRow } from "../tables/tokens.ts"
import { compared, type Counterparts, counterparts, equallyDistant } from "./compare.ts"
import { type TokenContext, coverageBy, objectRows, tokenRow } from "./token-rows.ts"
import { type Coverage, freePatches, patchesOf } from "./weights.ts"

/** A pair's two objects: the union of each category. */
interface Pair {
  readonly primary: Coverage
  readonly secondary: Coverage
}

/** Nothing unless both objects have a token, so that all cells of a task cover the same scenes. */
export function pairRows(
  context: TokenContext,
  masks: ReadonlyArray<MaskRow>,
  { primary, secondary }: Pick<TaskRow, "primary" | "secondary">,
  comparisons: ReadonlyArray<BackgroundComparison>
): ReadonlyArray<TokenRow> {
  const unions = unionsOf(masks)
  const pair: Pair = {
    primary: unions.get(primary) ?? new Map(),
    secondary: unions.get(secondary) ?? new Map()
  }
  const ofPrimary = objectRows(context, "primary", noObject, pair.primary, primary)
  const ofSecondary = objectRows(context, "secondary", noObject, pair.secondary, secondary)
  if (ofPrimary.length === 0 || ofSecondary.length === 0) return []
  const free = freePatches(context.grid, [pair.primary, pair.secondary])
  return [
    ...ofPrimary,
    ...ofSecondary,
    ...comparisons.flatMap((comparison) =>
      comparisonRows(context, comparison, pair, free, context.draw(comparison, primary, secondary))
    )
  ]
}

/** Both sides of a comparison, or neither. */
function comparisonRows(
  context: TokenContext,
  comparison: BackgroundComparison,
  pair: Pair,
  free: ReadonlyArray<number>,
  random: Random
): ReadonlyArray<TokenRow> {
  const { grid, threshold } = context
  const patches = {
    primary: patchesOf(pair.primary, threshold),
    secondary: patchesOf(pair.secondary, threshold)
  }
  const found: Readonly<Record<BackgroundComparison, () => readonly [Coverage, Counterparts]>> = {
    background: () => [pair.secondary, counterparts(patches.secondary, free, random)],
    near: () => [pair.secondary, equallyDistant(grid, patches.secondary, free, patches.primary, random)],
    reverse: () => [pair.primary, counterparts(patches.primary, free, random)]
  }
  const sides = compared(grid, ...found[comparison](), random)
  if (sides === null) return []
  const { object, background } = sidesOf[comparison]
  return [
    tokenRow(context, object, noObject, "avg_obj", sides.object.average),
    tokenRow(context, object, noObject, "random_obj", sides.object.one),
    tokenRow(context, background, noObject, "avg_obj", sides.background.average),
    tokenRow(context, background, noObject, "random_obj", sides.background.one)
  ]
}

/** Coverage of each category: of its union, or of its only object. */
function unionsOf(masks: ReadonlyArray<MaskRow>): ReadonlyMap<string, Coverage> {
  const united = new Set(masks.flatMap(({ object, category }) => (object === noObject ? [category] : [])))
  return coverageBy(masks, ({ object, category }) =>
    object === noObject || !united.has(category) ? category : null
  )
}

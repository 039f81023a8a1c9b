/** Joins tables by id: refuses tables with no id in common, and reports ids that only one of them has. */
import { causeText, compareIds, type ComparedIds, type Loss, StageError } from "../../src/index.ts"

/** One side of a join, in words. */
export interface Side {
  /** such as `the tokens` */
  readonly whose: string
  /** what the ids name, in the plural: `scenes` */
  readonly what: string
  readonly ids: Iterable<string>
}

/** Compares two sides; throws if both have ids but share none. */
export function joinIds(left: Side, right: Side): ComparedIds {
  const compared = compareIds(left.ids, right.ids)
  const { both, onlyLeft, onlyRight, cause } = compared
  if (both > 0 || onlyLeft.count === 0 || onlyRight.count === 0) return compared
  const named = ({ whose, what }: Side, { count, examples }: ComparedIds["onlyLeft"]) =>
    `${whose} ${count === 1 ? "is" : "are"} of ${count} ${what} (${quoted(examples, count)})`
  throw new StageError(`no ids match: ${named(left, onlyLeft)}, ${named(right, onlyRight)}`, {
    hint:
      cause === null
        ? "ids are compared as text; check that these tables belong together"
        : `${causeText(cause)}; write them the same way in both`
  })
}

/** The ids that only the left side has, as a loss of `what` for `reason`; empty if there are none. */
export function unmatched(
  { onlyLeft: { count, examples }, cause }: ComparedIds,
  what: string,
  reason: string
): ReadonlyArray<Loss> {
  const why = cause === null ? reason : `${reason}; ${causeText(cause)}`
  return count === 0 ? [] : [{ what, reason: why, count, examples }]
}

const quoted = (examples: ReadonlyArray<string>, of: number) => {
  const shown = examples.slice(0, 3)
  return [...shown.map((id) => JSON.stringify(id)), ...(of > shown.length ? ["…"] : [])].join(", ")
}

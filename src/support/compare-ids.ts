/**
 * Compares the ids of two tables to be joined by id, and guesses why ids that should be equal are not.
 *
 * Ids are joined as text, so `1`, `1.0` and `000001.png` are three ids. Tables from elsewhere often write one
 * id in two ways: a guess at the difference helps more than a count of missing ids.
 */

/** The ids that two sets share, and those that only one of them has. */
export interface ComparedIds {
  /** number of ids in both */
  readonly both: number
  readonly onlyLeft: Unmatched
  readonly onlyRight: Unmatched
  /** the likely reason why ids do not match; null if no guess explains two ids (or the only one) */
  readonly cause: IdDifference | null
}
export interface Unmatched {
  readonly count: number
  /** the first ones, at most five */
  readonly examples: ReadonlyArray<string>
}
export interface IdDifference {
  /** such as "a file extension and zero padding" */
  readonly how: string
  /** one id as each side writes it */
  readonly left: string
  readonly right: string
  /** unmatched ids on the left that match one on the right if this difference is ignored */
  readonly count: number
}

const mostExamples = 5
/** The most unmatched ids per side that are searched for a cause. */
const mostCompared = 5000

/** Ignores one difference between ids. */
interface Rule {
  readonly how: string
  readonly same: (id: string) => string
}
/** In order of application: what surrounds an id comes before what is in it. */
const rules: ReadonlyArray<Rule> = [
  {
    how: "invisible characters, such as a byte order mark",
    // BOM, zero-width characters, soft hyphen, directional marks; control characters
    same: (id) => id.replace(/[\uFEFF\u200B-\u200F\u2060\u00AD\u202A-\u202E\u2066-\u2069]|\p{Cc}/gu, "")
  },
  { how: "white space", same: (id) => id.trim().replace(/\s+/g, " ") },
  {
    how: "quotation marks",
    same: (id) => id.replace(/^b?(["'])(.*)\1$/s, "$2")
  },
  { how: "URL encoding (%20)", same: decoded },
  { how: "the Unicode normal form (NFC or NFD)", same: (id) => id.normalize("NFC") },
  { how: "full-width or otherwise compatible characters (NFKC)", same: (id) => id.normalize("NFKC") },
  { how: "upper and lower case", same: (id) => id.toLowerCase() },
  { how: "a folder in front", same: (id) => id.replace(/^.*[/\\](?=.)/s, "") },
  // an extension begins with a letter, so the ".0" of a number is not one
  { how: "a file extension", same: (id) => id.replace(/(?<=.)(?:\.[A-Za-z][A-Za-z0-9]{0,11})+$/, "") },
  { how: 'numbers written as decimals ("1.0" for "1")', same: wholeNumber },
  { how: "zero padding", same: (id) => id.replace(/(?<![\d.])0+(?=\d)/g, "") },
  { how: 'a sign in front ("+1" for "1")', same: (id) => id.replace(/^\+(?=\d)/, "") },
  { how: "hyphens, underscores or spaces", same: (id) => id.replace(/[-_ ]+/g, "_") },
  { how: 'text around the number ("img_1" for "1")', same: lastNumber }
]

/**
 * Compares two sets of ids; either may contain duplicates.
 *
 * @returns counts of distinct ids. The cause is a guess, given only if it explains two ids, or the only one.
 */
export function compareIds(left: Iterable<string>, right: Iterable<string>): ComparedIds {
  const [ofLeft, ofRight] = [new Set(left), new Set(right)]
  const onlyLeft = [...ofLeft].filter((id) => !ofRight.has(id))
  const onlyRight = [...ofRight].filter((id) => !ofLeft.has(id))
  return {
    both: ofLeft.size - onlyLeft.length,
    onlyLeft: unmatched(onlyLeft),
    onlyRight: unmatched(onlyRight),
    cause: causeOf(onlyLeft.slice(0, mostCompared), onlyRight.slice(0, mostCompared))
  }
}

const unmatched = (ids: ReadonlyArray<string>): Unmatched => ({
  count: ids.length,
  examples: ids.slice(0, mostExamples)
})

/** A cause in words: `"001.png" is probably the same as "1" (…)`. */
export const causeText = ({ how, left, right }: IdDifference): string =>
  `"${left}" is probably the same as "${right}" (ids are compared as text; these differ in ${how})`

type Ids = ReadonlyArray<string>

function causeOf(left: Ids, right: Ids): IdDifference | null {
  const needed = Math.min(2, left.length, right.length)
  if (needed === 0) return null
  let best: { readonly chosen: ReadonlyArray<Rule>; readonly pairs: Pairs } | null = null
  for (const chosen of candidates(left, right)) {
    const pairs = pairsOf(left, right, chosen)
    if (pairs.count >= needed && pairs.count > (best?.pairs.count ?? 0)) best = { chosen, pairs }
  }
  if (best === null) return null
  const { count, first } = best.pairs
  const names = best.chosen.map(({ how }) => how)
  const how = names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`
  return { how, left: first![0], right: first![1], count }
}

/**
 * Each rule alone, then combinations of the necessary ones. Fewer rules come first: more rules must explain
 * more.
 */
function* candidates(left: Ids, right: Ids): Generator<ReadonlyArray<Rule>> {
  for (const rule of rules) yield [rule]
  // the last rule removes so much that it matches by chance, so it is tried last
  yield needed(left, right, rules.slice(0, -1))
  yield needed(left, right, rules)
}

/** Drops the rules whose removal loses no match. */
function needed(left: Ids, right: Ids, all: ReadonlyArray<Rule>): ReadonlyArray<Rule> {
  let chosen = all
  const { count } = pairsOf(left, right, all)
  if (count === 0) return all
  for (const rule of all.toReversed()) {
    const fewer = chosen.filter((other) => other !== rule)
    if (pairsOf(left, right, fewer).count >= count) chosen = fewer
  }
  return chosen
}

interface Pairs {
  readonly count: number
  readonly first: readonly [left: string, right: string] | null
}
/** Pairs of ids that become equal. An id that could match several of the other side does not count. */
function pairsOf(left: Ids, right: Ids, chosen: ReadonlyArray<Rule>): Pairs {
  const [ofLeft, ofRight] = [byForm(left, chosen), byForm(right, chosen)]
  let count = 0
  let first: Pairs["first"] = null
  for (const [form, id] of ofLeft) {
    const other = ofRight.get(form)
    if (id === null || other === undefined || other === null) continue
    first ??= [id, other]
    count++
  }
  return { count, first }
}

/** Ids by their form after the rules; null if several have the same form. */
function byForm(ids: Ids, chosen: ReadonlyArray<Rule>): ReadonlyMap<string, string | null> {
  const forms = new Map<string, string | null>()
  for (const id of ids) {
    const form = chosen.reduce((text, { same }) => same(text), id)
    forms.set(form, forms.has(form) ? null : id)
  }
  return forms
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch {
    return id
  }
}
/**
 * Turns a number with a point or an exponent into the integer that it equals: pandas converts ids to floats
 * if one is missing.
 */
function wholeNumber(id: string): string {
  if (!/^[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?$/.test(id) || !/[.eE]/.test(id)) return id
  const value = Number(id)
  return Number.isSafeInteger(value) ? String(value) : id
}
function lastNumber(id: string): string {
  const number = /(\d+)\D*$/.exec(id)?.[1]
  return number === undefined ? id : number
}

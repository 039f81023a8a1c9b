/** Patterns that select names, such as those of taps and tokens. */
import { StageError } from "../../src/index.ts"

/**
 * The names that match any of some patterns, separated by commas, in the order of `names`; all of them for null. `*`
 * matches anything but a dot, `{6,9,11}` any entry of the list: `embed,block.{6,9,11}.resid_post`.
 *
 * @param what the names' kind in the singular, for messages: `tap`
 * @throws StageError if a pattern, or an alternative in braces, matches no name
 */
export function matchingNames(
  names: ReadonlyArray<string>,
  patterns: string | null,
  what: string
): ReadonlyArray<string> {
  if (patterns === null) return names
  const chosen = new Set<string>()
  // a name may look like a pattern
  const all = splitPatterns(patterns).flatMap((given) =>
    (names.includes(given) ? [given] : alternatives(given)).map((pattern) => ({ pattern, given }))
  )
  for (const { pattern, given } of all) {
    const matches = matcher(pattern)
    const found = names.filter((name) => name === pattern || matches.test(name))
    if (found.length === 0) {
      const from = given === pattern ? "" : ` (of "${given}")`
      throw noMatch(`no ${what} matches "${pattern}"${from}`, names, what)
    }
    for (const name of found) chosen.add(name)
  }
  if (all.length === 0) throw noMatch(`no ${what} is chosen`, names, what)
  return names.filter((name) => chosen.has(name))
}

const noMatch = (message: string, names: ReadonlyArray<string>, what: string) =>
  new StageError(message, {
    hint: `* matches anything but a dot; the ${what}s are ${names.join(", ")}`
  })

/** Splits at commas outside braces. A tensor's name may contain anything but a comma. */
export const splitPatterns = (patterns: string): ReadonlyArray<string> =>
  (patterns.match(/(?:\{[^}]*\}|[^,])+/g) ?? []).map((pattern) => pattern.trim()).filter((p) => p !== "")

/** `block.{1,9}.resid_post` is two patterns, and each must match: no requested name is silently left out. */
export function alternatives(pattern: string): ReadonlyArray<string> {
  const braces = /^(.*?)\{([^}]*)\}(.*)$/.exec(pattern)
  if (braces === null) return [pattern]
  const [, before, list, after] = braces as unknown as readonly [string, string, string, string]
  return list.split(",").flatMap((option) => alternatives(`${before}${option.trim()}${after}`))
}

/** Stars are replaced; everything else is literal. */
export const matcher = (pattern: string): RegExp => {
  const source = pattern.replace(/\*|[^*]+/g, (part) => (part === "*" ? "[^.]*" : literal(part)))
  return new RegExp(`^${source}$`)
}
const literal = (text: string): string => text.replace(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`)

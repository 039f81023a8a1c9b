/** Which token a vector is of, as a manifest says it. */
import { type Part, shown } from "./fields.ts"

/** Which token of a scene a vector is of: see the columns of extract-activations. */
export interface TokenLabel {
  readonly source: string
  readonly object: number
  readonly token: string
}
/** `tokens`: the labels of an array's second dimension, or of all vectors; null if it is left out. */
export function tokensOf(part: Part): ReadonlyArray<TokenLabel> | null {
  const { tokens } = part.fields
  if (tokens === undefined) return null
  if (!Array.isArray(tokens) || tokens.length === 0)
    return part.fail(
      "tokens",
      `${shown(tokens)}; it has to be a list of names, or of { source, object, token }`
    )
  const labels = tokens.map((one: unknown, i) => {
    const label = part.part(`tokens[${i}]`, typeof one === "string" ? { token: one } : one)
    label.only("source", "object", "token")
    return labelOf(label)
  })
  const seen = new Set<string>()
  labels.forEach((label, i) => {
    const key = labelKey(label)
    if (seen.has(key)) part.fail(`tokens[${i}]`, `${key} is there twice`)
    seen.add(key)
  })
  return labels
}

/** `source`, `object` and `token` of a part; `tokens`, where the part has none of them. */
export function labelsOf(part: Part, tokens: ReadonlyArray<TokenLabel> | null): ReadonlyArray<TokenLabel> {
  const own = ["source", "object", "token"].filter((name) => part.fields[name] !== undefined)
  if (tokens === null) return [labelOf(part)]
  if (own.length === 0) return tokens
  return part.fail(own[0]!, "the manifest's `tokens` say it for all: say it in one place alone")
}
function labelOf(part: Part): TokenLabel {
  return {
    source: part.textOr("source", "image"),
    object: part.wholeOr("object", -1, -1),
    token: part.text("token")
  }
}
export const labelKey = ({ source, object, token }: TokenLabel): string =>
  `${token} (source ${source}, object ${object})`

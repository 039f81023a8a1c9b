/** The schemas of a manifest of activations and of its lists of ids (docs/import.md). */
import * as path from "node:path"
import * as v from "valibot"
import { wrongPath } from "../../src/support/file-names.ts"
import { isUnicode } from "../../src/support/utf8.ts"
import { byName, exactFields, expected, isObject, shown } from "../json/check-json.ts"
import { selections } from "../tables/masks.ts"
import { labelKey, type Place, type TokenLabel } from "./entry.ts"

/** JSON can contain one ("\ud800"); in UTF-8 all of them become one character. */
const halfOfAPair = "is not valid Unicode: it contains half of a surrogate pair"

const textOf = (what: string) =>
  v.pipe(
    v.string(expected(what)),
    v.nonEmpty(expected(what)),
    v.check(isUnicode, ({ input }) => `${shown(input)} ${halfOfAPair}`)
  )
const text = textOf("text")

const whole = (least: number) => {
  const message = expected(`a whole number ≥ ${least}`)
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(least, message),
    v.maxValue(2 ** 31 - 1, message)
  )
}

/** As a string; COCO's are whole numbers. */
const idWords = "text or a whole number"
const numericId = v.pipe(v.number(), v.safeInteger(expected(idWords)), v.transform(String))
const textId = textOf(idWords)
const id = v.lazy((input) => (typeof input === "number" ? numericId : textId))

const selection = v.picklist(selections, expected(`one of ${selections.join(", ")}`))
const labelFields = {
  selection: v.nullish(selection, null),
  task: v.nullish(id, null),
  source: v.optional(text, "image"),
  object: v.optional(whole(-1), -1),
  token: text
}
const label = exactFields(labelFields)
const name = v.pipe(
  text,
  v.transform((token): TokenLabel => ({ selection: null, task: null, source: "image", object: -1, token }))
)
const labels = expected("a list of names, or of { source, object, token }")
/** The labels of an array's second dimension, or of every vector. */
const tokens = v.pipe(
  v.array(
    v.lazy((one): v.GenericSchema<unknown, TokenLabel> => (typeof one === "string" ? name : label)),
    labels
  ),
  v.minLength(1, labels),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const input = dataset.value
    const seen = new Set<string>()
    input.forEach((value, key) => {
      const one = labelKey(value)
      if (seen.has(one))
        addIssue({
          message: `${one} occurs twice`,
          path: [{ type: "array", origin: "value", input, key, value }]
        })
      seen.add(one)
    })
  })
)

/** A file name relative to a folder, and inside it; gives the full path. */
const fileIn = (folder: string) =>
  v.pipe(
    text,
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      // "./x" and "x" are the same file, and it is only read
      const plain = dataset.value.replace(/(?<=^|\/)(?:\.\/)+/g, "")
      const problem = wrongPath(plain, "the manifest's folder")
      if (problem === null) return path.join(folder, dataset.value)
      addIssue({ message: `${shown(dataset.value)} ${problem}` })
      return NEVER
    })
  )

/** One file per tap, or { file, tensor, row }. */
function tapsIn(folder: string, row: typeof ownRow | typeof noRow) {
  const file = fileIn(folder)
  const alone = v.pipe(
    file,
    v.transform((file): Place => ({ file, tensor: null, row: null }))
  )
  const place = v.pipe(
    exactFields({ file, tensor: v.optional(text), row }),
    v.transform(({ file, tensor = null, row = null }): Place => ({ file, tensor, row }))
  )
  const either = v.lazy((input): v.GenericSchema<unknown, Place> =>
    typeof input === "string" ? alone : place
  )
  return byName(textOf("a tap's name"), either, "an object that names a file for each tap")
}
const ownRow = v.optional(whole(0))
const noRow = v.optional(v.never("not allowed here: `ids` names the arrays' rows"))

const common = {
  format: v.literal(1, expected("1")),
  note: v.optional(v.unknown()),
  tokens: v.optional(tokens)
}

/** One entry per vector. */
export const itemsManifest = exactFields({ ...common, items: v.array(v.unknown(), expected("a list")) })

/** One array per tap; the ids name its rows. */
export const arraysManifest = (folder: string) => {
  const list = v.array(v.unknown())
  const file = fileIn(folder)
  const other = v.never(expected("a list, or the name of a .json or .csv file"))
  return exactFields({
    ...common,
    ids: v.lazy((input) => (Array.isArray(input) ? list : typeof input === "string" ? file : other)),
    taps: tapsIn(folder, noRow)
  })
}

export const idList = v.array(v.unknown(), expected("a list of ids"))

/** An id, or a row of a list of ids; if the manifest has `tokens`, it has no labels of its own. */
export const rowOfIds = (folder: string, tokens: Tokens) => {
  const row = v.pipe(
    exactFields(rowFields(folder, tokens)),
    v.transform((row): LabelledRow => labelled(tokens, row))
  )
  const bare = v.pipe(
    v.unknown(),
    v.transform((id): unknown => ({ id })),
    row
  )
  return v.lazy((input): v.GenericSchema<unknown, LabelledRow> => (isObject(input) ? row : bare))
}

export const itemOf = (folder: string, tokens: Tokens) =>
  v.pipe(
    exactFields({ ...rowFields(folder, tokens), taps: tapsIn(folder, ownRow) }),
    v.transform(({ taps, ...row }) => ({ ...labelled(tokens, row), taps }))
  )

/** The manifest's own labels; null if it has none. */
type Tokens = ReadonlyArray<TokenLabel> | null
interface LabelledRow {
  readonly id: string
  readonly image: string | null
  readonly tokens: ReadonlyArray<TokenLabel>
}
interface Row extends Partial<Record<"source" | "token", string | undefined>> {
  readonly id: string
  readonly image?: string | undefined
  readonly selection?: string | null | undefined
  readonly task?: string | null | undefined
  readonly object?: number | undefined
}
function rowFields(folder: string, tokens: Tokens) {
  const elsewhere = v.optional(v.never("not allowed here: the manifest's `tokens` apply to all items"))
  const none = {
    selection: elsewhere,
    task: elsewhere,
    source: elsewhere,
    object: elsewhere,
    token: elsewhere
  }
  const labels = tokens === null ? labelFields : none
  return { id, image: v.optional(fileIn(folder)), ...labels }
}
const labelled = (tokens: Tokens, { id, image, ...label }: Row): LabelledRow => ({
  id,
  image: image ?? null,
  tokens: tokens ?? [label as TokenLabel]
})

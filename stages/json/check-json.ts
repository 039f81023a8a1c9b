/**
 * Checks JSON from outside against valibot schemas, and reports which field is wrong and how.
 *
 * The modules that declare a pipeline must not load this one: import the readers that use it lazily, where they are
 * called.
 */
import * as v from "valibot"

export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Receives the field, such as `taps["block.0"].file` ("" for the whole value), and the problem. */
export type Fail = (field: string, problem: string) => never

/**
 * Parses the value by its schema. Unknown fields are reported first: one may be the misspelling of a missing field.
 *
 * @param within the field that holds the value
 */
export function checkJson<const S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  fail: Fail,
  within = ""
): v.InferOutput<S> {
  const { success, output, issues } = v.safeParse(schema, value)
  if (success) return output
  const issue = issues.find(({ expected }) => expected === "never") ?? issues[0]
  return fail(
    fieldIn(
      within,
      (issue.path ?? []).map(({ key }) => key)
    ),
    issue.message
  )
}

/** A field's path, given the path of its parent. */
export const fieldIn = (whole: string, keys: ReadonlyArray<unknown>): string =>
  keys.reduce<string>((field, key) => {
    if (typeof key === "string" && /^\w+$/.test(key)) return field === "" ? key : `${field}.${key}`
    return `${field}[${JSON.stringify(key)}]`
  }, whole)

/** A schema's message: the expected value and the actual one. */
export const expected =
  (what: string) =>
  ({ input }: { readonly input: unknown }): string =>
    `expected ${what}, got ${shown(input)}`

export function shown(value: unknown): string {
  if (value === undefined) return "nothing"
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** Needed because valibot accepts arrays as objects. */
const object = v.custom<JsonObject>(isObject, expected("an object"))

/** An object with these fields; other fields are ignored. */
export const withFields = <const E extends v.ObjectEntries>(entries: E) =>
  v.pipe(object, v.object(entries, missing(entries)))

/** An object with exactly these fields: a misspelt one would otherwise be ignored silently. */
export const exactFields = <const E extends v.ObjectEntries>(entries: E) =>
  v.pipe(
    object,
    v.strictObject(entries, (issue) =>
      issue.expected === "never"
        ? `unknown field; the known ones are ${Object.keys(entries).join(", ")}`
        : missing(entries)(issue)
    )
  )

/** For a missing field, says what its schema expects. */
const missing =
  (entries: v.ObjectEntries) =>
  ({ path, message }: v.BaseIssue<unknown>): string =>
    v.safeParse(entries[String(path?.[0].key)] as v.GenericSchema, undefined).issues?.[0].message ?? message

/** An object with arbitrary keys: `v.record` drops `__proto__`, `prototype` and `constructor`. */
export const byName = <const S extends v.GenericSchema>(
  name: v.GenericSchema<string>,
  value: S,
  what: string
) =>
  v.pipe(
    v.custom<JsonObject>((input) => isObject(input) && Object.keys(input).length > 0, expected(what)),
    v.rawTransform<JsonObject, ReadonlyMap<string, v.InferOutput<S>>>(({ dataset, addIssue }) => {
      const all = new Map<string, v.InferOutput<S>>()
      for (const [key, one] of Object.entries(dataset.value)) {
        const at = { type: "object", origin: "value", input: dataset.value, key, value: one } as const
        const named = v.safeParse(name, key)
        const parsed = v.safeParse(value, one)
        for (const { message, expected, path = [] } of [...(named.issues ?? []), ...(parsed.issues ?? [])])
          addIssue({ message, expected: expected ?? "", path: [at, ...path] })
        all.set(key, parsed.output)
      }
      return all
    })
  )

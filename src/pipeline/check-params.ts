/**
 * Reads parameters at run time: checks them against their declaration and fills in defaults.
 *
 * Values come from a pipeline file (already JavaScript values) or from `-S key=value` (text, see `fromText`).
 */
import { didYouMean } from "../support/problem.ts"
import { own } from "../support/own.ts"
import type { FileRef, Param, Params } from "./params.ts"

/** An invalid value: its position (`source.count`), and what is wrong with it. */
export interface ParamIssue {
  readonly field: string
  readonly message: string
  readonly hint: string | null
}
type AnyParam = Param<unknown, unknown>
interface Checking {
  readonly issues: Array<ParamIssue>
  /** makes a path absolute */
  readonly resolve: (path: string) => string
}

/**
 * Checks every parameter and returns all issues at once.
 *
 * `resolve` makes the paths of files and folders absolute.
 */
export function checkParams(
  declared: Params,
  given: Readonly<Record<string, unknown>>,
  resolve: (path: string) => string,
  prefix = ""
): { readonly values: Record<string, unknown>; readonly issues: ReadonlyArray<ParamIssue> } {
  const checking: Checking = { issues: [], resolve }
  const values = checkFields(declared, given, prefix, checking)
  return { values, issues: checking.issues }
}

function checkFields(
  declared: Params,
  given: Readonly<Record<string, unknown>>,
  prefix: string,
  checking: Checking
): Record<string, unknown> {
  const names = Object.keys(declared)
  for (const name of Object.keys(given))
    if (!Object.hasOwn(declared, name)) {
      const known = names.length === 0 ? "there are none" : `there are: ${names.join(", ")}`
      checking.issues.push({
        field: prefix + name,
        message: `there is no parameter "${prefix}${name}"`,
        hint: didYouMean(name, names) ?? known
      })
    }
  return Object.fromEntries(
    Object.entries(declared).map(([name, one]) => [
      name,
      checkOne(one, own(given, name), prefix + name, checking)
    ])
  )
}

function checkOne(declared: AnyParam, given: unknown, field: string, checking: Checking): unknown {
  const { options } = declared
  const value = given === undefined ? options.default : given
  const wrong = (message: string, hint: string | null = options.doc ?? null) => {
    checking.issues.push({ field, message: `${field}: ${message}`, hint })
    return null
  }
  if (value === undefined) return wrong("a value is missing", missingHint(declared, field))
  switch (declared.kind) {
    case "int":
    case "number": {
      if (typeof value !== "number" || !Number.isFinite(value))
        return wrong(`expected a number, got ${show(value)}`)
      if (declared.kind === "int" && !Number.isSafeInteger(value))
        return wrong(`expected a whole number, got ${show(value)}`)
      const { min = -Infinity, max = Infinity } = options
      if (value < min || value > max)
        return wrong(
          `${value} is outside ${min === -Infinity ? "…" : min} to ${max === Infinity ? "…" : max}`
        )
      return value
    }
    case "bool":
      return typeof value === "boolean" ? value : wrong(`expected true or false, got ${show(value)}`)
    case "text":
      return typeof value === "string" ? value : wrong(`expected text, got ${show(value)}`)
    case "choice": {
      const of = options.of as ReadonlyArray<string>
      if (typeof value === "string" && of.includes(value)) return value
      return wrong(
        `expected one of ${of.join(", ")}, got ${show(value)}`,
        typeof value === "string" ? didYouMean(value, of) : null
      )
    }
    case "file":
    case "folder": {
      const path = (value as Partial<FileRef> | null)?.path
      if (typeof path !== "string" || path === "")
        return wrong(`expected a ${declared.kind}, got ${show(value)}`, `write file("path")`)
      return { path: checking.resolve(path) }
    }
    case "maybe":
      return value === null ? null : checkOne(options.of as AnyParam, value, field, checking)
    case "list":
      if (!Array.isArray(value)) return wrong(`expected a list, got ${show(value)}`)
      return value.map((each, i) => checkOne(options.of as AnyParam, each, `${field}[${i}]`, checking))
    case "struct":
      if (!isRecord(value)) return wrong(`expected an object, got ${show(value)}`)
      return checkFields(options.fields!, value, `${field}.`, checking)
    case "oneOf": {
      const shapes = options.of as { readonly [kind: string]: Params }
      const kinds = Object.keys(shapes)
      if (!isRecord(value))
        return wrong(
          `expected an object, its "kind" one of ${kinds.join(", ")}, got ${show(value)}`,
          (typeof value === "string" ? didYouMean(value, kinds) : null) ?? options.doc ?? null
        )
      const { kind, ...rest } = value
      if (typeof kind !== "string" || !Object.hasOwn(shapes, kind))
        return wrong(`"kind" must be one of ${kinds.join(", ")}, got ${show(kind)}`)
      return { kind, ...checkFields(shapes[kind]!, rest, `${field}.`, checking) }
    }
    default:
      return wrong(`unknown kind of parameter "${declared.kind}"`)
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

function missingHint(declared: AnyParam, field: string): string {
  const what = declared.options.doc === undefined ? "" : ` (${declared.options.doc})`
  return `give it with -S ${field}=${valueWord(declared)}${what}`
}
/** How help names a value: `FILE`, `N`, or the choices. */
export function valueWord({ kind, options }: AnyParam): string {
  if (kind === "file") return "FILE"
  if (kind === "folder") return "DIR"
  if (kind === "choice") return (options.of as ReadonlyArray<string>).join("|")
  if (kind === "bool") return "true|false"
  if (kind === "maybe") return valueWord(options.of as AnyParam)
  if (kind === "oneOf") return Object.keys(options.of as object).join("|")
  return kind === "int" || kind === "number" ? "N" : "VALUE"
}
function show(value: unknown): string {
  if (typeof value === "function") return "a function"
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

/**
 * Parses the text of `-S key=value`: numbers, booleans and paths by the parameter's kind; lists, structs and
 * variants as JSON, a variant also as its `kind` alone. Text that cannot be parsed stays text, for `checkParams` to reject.
 */
export function fromText(declared: AnyParam, text: string): unknown {
  switch (declared.kind) {
    case "int":
    case "number":
      return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text
    case "bool":
      return text === "true" ? true : text === "false" ? false : text
    case "file":
    case "folder":
      return { path: text }
    case "maybe":
      return text === "null" || text === "" ? null : fromText(declared.options.of as AnyParam, text)
    case "list": {
      const of = declared.options.of as AnyParam
      if (text.trimStart().startsWith("[")) return parsed(text)
      return text === "" ? [] : text.split(",").map((part) => fromText(of, part))
    }
    case "struct":
      return parsed(text)
    case "oneOf":
      // its name alone is a shape whose fields all have defaults
      return Object.hasOwn(declared.options.of as object, text) ? { kind: text } : parsed(text)
    default:
      return text
  }
}
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

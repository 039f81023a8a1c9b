/**
 * Canonical JSON: exactly one text per value, so that its sha256 identifies the value.
 *
 * Source: RFC 8785 (JSON Canonicalization Scheme): no white space, keys sorted by UTF-16 code units, numbers
 * and strings as ECMAScript's JSON.stringify writes them (so −0 is `0`). One difference: a lone surrogate is
 * kept as its escape (`"\ud800"`) and not refused, since the escape loses nothing.
 */
import { hash } from "node:crypto"
import { isRowGuard } from "./row-guard.ts"

/** A value that JSON cannot hold; `path` is its position (`$.a[2].b`). */
export class NotJsonError extends TypeError {
  override readonly name = "NotJsonError"
  readonly path: string
  constructor(path: string, what: string) {
    super(
      `${path} is ${what}, which JSON cannot hold; give text, a finite number, true, false, null, a list or a plain object`
    )
    this.path = path
  }
}

/** Deeper than any sensible value: anything deeper is assumed to contain itself. */
const deepest = 512

/**
 * The canonical text of a plain value. Leaves out properties that are `undefined`, as JSON.stringify does.
 *
 * @throws NotJsonError for NaN, ±Infinity, functions, symbols, bigints, `undefined` elsewhere, objects that
 *   are not plain (Date, Map, typed arrays, instances of classes), and values that contain themselves
 */
export function canonicalJson(value: unknown): string {
  return write(value, [])
}

/** The sha256 of a value's canonical text in UTF-8, in lower-case hexadecimal. Throws as `canonicalJson` does. */
export const digestJson = (value: unknown): string => hash("sha256", canonicalJson(value))

/**
 * The current position, from the outside in. All levels share one list, because a no-op canonicalises
 * thousands of small values.
 */
type Path = Array<string | number>

function write(value: unknown, path: Path): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value)
    case "boolean":
      return value ? "true" : "false"
    case "number":
      if (!Number.isFinite(value)) throw new NotJsonError(pathOf(path), String(value))
      return JSON.stringify(value)
    case "object":
      break
    case "undefined":
      throw new NotJsonError(pathOf(path), "undefined")
    default:
      throw new NotJsonError(pathOf(path), `a ${typeof value}`)
  }
  if (value === null) return "null"
  if (path.length === deepest)
    throw new NotJsonError(pathOf(path), `nested deeper than ${deepest} levels (does it contain itself?)`)
  if (Array.isArray(value)) {
    let text = "["
    // by index, because holes are not JSON either
    for (let i = 0; i < value.length; i++) {
      path.push(i)
      text += (i === 0 ? "" : ",") + write(value[i], path)
      path.pop()
    }
    return `${text}]`
  }
  if (!isPlain(value))
    throw new NotJsonError(pathOf(path), `a ${value.constructor?.name ?? "strange object"}`)
  let text = "{"
  for (const key of sorted(Object.keys(value))) {
    const one = value[key]
    if (one === undefined) continue
    path.push(key)
    text += `${text.length === 1 ? "" : ","}${JSON.stringify(key)}:${write(one, path)}`
    path.pop()
  }
  return `${text}}`
}

/** Most objects are in order already, and checking costs less than `sort`. */
function sorted(keys: Array<string>): Array<string> {
  for (let i = 1; i < keys.length; i++) if (keys[i - 1]! > keys[i]!) return keys.sort()
  return keys
}

/** An object literal of any realm (its prototype is null or has none itself), or a row. */
function isPlain(value: object): value is Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value) as object | null
  return prototype === null || Object.getPrototypeOf(prototype) === null || isRowGuard(prototype)
}

const pathOf = (path: Path): string =>
  `$${path
    .map((at) =>
      typeof at === "number"
        ? `[${at}]`
        : /^[A-Za-z_$][\w$]*$/.test(at)
          ? `.${at}`
          : `[${JSON.stringify(at)}]`
    )
    .join("")}`

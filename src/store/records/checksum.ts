/**
 * Checksums: the store's JSON files carry the sha256 of their own text, so that damage to any byte is
 * detected.
 *
 * The checksum is the last field, `"check"`, over the bytes before its comma. A file without one comes from
 * an earlier version and is accepted without a check.
 */
import { createHash } from "node:crypto"
import { utf8 } from "../../support/utf8.ts"

const seal = /(?:,"check":"([0-9a-f]{64})"|,\n {2}"check": "([0-9a-f]{64})"\n)\}\n$/
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")

/** The text of a JSON file; `indented` makes it readable. */
export function withChecksum(value: object, indented = false): string {
  const text = indented ? lined(value) : JSON.stringify(value)
  const body = text.slice(0, indented ? -2 : -1)
  const check = sha256(body)
  return indented ? `${body},\n  "check": "${check}"\n}\n` : `${body},"check":"${check}"}\n`
}

/**
 * Indents, with one line per list member: a run's 10,000 nodes can be searched line by line, and are written
 * in half the time.
 */
function lined(value: object): string {
  const fields = Object.entries(value).flatMap(([name, field]: [string, unknown]) => {
    if (field === undefined) return []
    const text =
      Array.isArray(field) && field.length > 0
        ? `[\n    ${field.map((member) => JSON.stringify(member)).join(",\n    ")}\n  ]`
        : JSON.stringify(field, null, 2).replaceAll("\n", "\n  ")
    return `  ${JSON.stringify(name)}: ${text}`
  })
  return `{\n${fields.join(",\n")}\n}`
}

/** The value of such a file, without its checksum. @throws SyntaxError if it is not JSON or is damaged */
export function checkedValue(bytes: Uint8Array): unknown {
  const text = textOf(bytes)
  const found = seal.exec(text)
  if (found !== null) return opened(text, found)
  const value = JSON.parse(text) as unknown
  if (hasBrokenSeal(value)) throw new SyntaxError("its own sha256 is malformed")
  return value
}

/**
 * The same for files that earlier versions did not write: a missing checksum is an error. @throws SyntaxError
 */
export function checksummedValue(bytes: Uint8Array): unknown {
  const text = textOf(bytes)
  const found = seal.exec(text)
  if (found === null) throw new SyntaxError("it has no sha256 of its own")
  return opened(text, found)
}

function textOf(bytes: Uint8Array): string {
  try {
    return utf8(bytes)
  } catch (error) {
    throw new SyntaxError((error as Error).message, { cause: error })
  }
}

function opened(text: string, found: RegExpExecArray): unknown {
  if (sha256(text.slice(0, found.index)) !== (found[1] ?? found[2]))
    throw new SyntaxError("it is damaged (its own sha256 differs)")
  const { check: _, ...value } = JSON.parse(text) as Record<string, unknown>
  return value
}

/** In the store's files, only a checksum can be a final text of 64 characters. */
function hasBrokenSeal(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false
  const last = Object.values(value).at(-1) as unknown
  return typeof last === "string" && last.length > 60
}

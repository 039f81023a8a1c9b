import { createHash } from "node:crypto"

export const sha256 = (content: string | Uint8Array): string =>
  createHash("sha256").update(content).digest("hex")
/** The digest of plain JSON with a fixed key order. @param word a tag, so that different uses never collide */
export const digestOf = (word: string, ...parts: ReadonlyArray<unknown>): string =>
  sha256(JSON.stringify([word, ...parts]))
/** The record with sorted keys. */
export const sorted = <A>(record: Readonly<Record<string, A>>): Record<string, A> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))

import { createHash } from "node:crypto"

export const sha256 = (content: string | Uint8Array): string =>
  createHash("sha256").update(content).digest("hex")
/** The digest of plain JSON whose keys are in a fixed order: say a word first, so that two uses never collide. */
export const digestOf = (word: string, ...parts: ReadonlyArray<unknown>): string =>
  sha256(JSON.stringify([word, ...parts]))
/** A record with its keys in order. */
export const sorted = <A>(record: Readonly<Record<string, A>>): Record<string, A> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))

/** Files of the cache: whole or absent, whatever byte is damaged, and never in anybody's way. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, it } from "vitest"
import {
  readCache,
  readLargeCache,
  writeCache,
  writeLargeCache
} from "../../../../src/store/fresh/cache-file.ts"
import { replaceFile } from "../../../../src/store/files/replace-file.ts"
import { type FileSystem, nodeFileSystem } from "../../../../src/store/files/file-system.ts"

const folder = mkdtempSync(join(tmpdir(), "probeline-cache-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const files = nodeFileSystem()
const at = (name: string) => join(folder, name)

/** What is read of the file with each of its bits flipped in turn, and cut short anywhere. */
function damaged(file: string, read: (files: FileSystem) => unknown): ReadonlySet<unknown> {
  const whole = readFileSync(file)
  const seen = new Set<unknown>()
  const look = (bytes: Uint8Array) => seen.add(read({ ...files, readIfPresent: () => bytes }))
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const bytes = Uint8Array.from(whole)
    bytes[bit >> 3]! ^= 1 << (bit & 7)
    look(bytes)
  }
  for (let length = 0; length < whole.length; length++) look(whole.subarray(0, length))
  return seen
}

it("gives back what was written, and nothing of a file with a damaged byte", () => {
  const value = { model: "ab".repeat(8), é: [1, null] }
  expect(writeCache(files, at("new/folder/a.json"), value)).toBe(true)
  expect(readCache(files, at("new/folder/a.json"))).toEqual(value)
  expect(damaged(at("new/folder/a.json"), (those) => readCache(those, "a.json"))).toEqual(new Set([null]))
})

it.each(["", "one line", "é\n\ntwo\n"])("the same of a large one: %j", (text) => {
  expect(writeLargeCache(files, at("a.ndjson"), text)).toBe(true)
  expect(readLargeCache(files, at("a.ndjson"))).toBe(text)
  expect(damaged(at("a.ndjson"), (those) => readLargeCache(those, "a.ndjson"))).toEqual(new Set([null]))
})

it("takes what an earlier version wrote, without a check, for absent", () => {
  writeFileSync(at("old.json"), '{"a":1}\n')
  writeFileSync(at("old.ndjson"), '{"format":1}\n["key"]')
  expect([readCache(files, at("old.json")), readLargeCache(files, at("old.ndjson"))]).toEqual([null, null])
  expect([readCache(files, at("gone")), readLargeCache(files, at("gone"))]).toEqual([null, null])
})

it("replaces a file as a whole, and leaves nothing behind where it fails", () => {
  replaceFile(files, at("r/file"), "one")
  const full = {
    ...files,
    write: (file: string) => {
      writeFileSync(file, "half")
      throw Object.assign(new Error("full"), { code: "ENOSPC" })
    }
  }
  expect(() => replaceFile(full, at("r/file"), "two")).toThrow("full")
  expect(writeCache(full, at("r/file"), { a: 1 })).toBe(false)
  expect(writeLargeCache(full, at("r/file"), "a")).toBe(false)
  expect(readdirSync(at("r"))).toEqual(["file"])
  expect(readFileSync(at("r/file"), "utf8")).toBe("one")
})

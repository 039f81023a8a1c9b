import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { type FileSystem, nodeFileSystem } from "../../../../src/store/files/file-system.ts"
import { StatCache } from "../../../../src/store/fresh/stat-cache.ts"

let folder: string
let hashed: Array<string>
let files: FileSystem
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "probeline-"))
  hashed = []
  const node = nodeFileSystem()
  files = {
    ...node,
    readRange(path, at, length) {
      if (at === 0) hashed.push(path)
      return node.readRange(path, at, length)
    }
  }
})
afterEach(() => rmSync(folder, { recursive: true }))

const cacheAt = (now: number) => new StatCache(files, join(folder, "stat.ndjson"), () => now)
const minute = 60_000
function write(text: string, time: number): string {
  const path = join(folder, "a.txt")
  writeFileSync(path, text)
  utimesSync(path, time / 1000, time / 1000)
  return path
}

it("hashes a file once, and not again in the next process", () => {
  const now = Date.now()
  const path = write("hello", now - minute)
  const first = cacheAt(now)
  // sha256sum of "hello"
  const sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
  expect(first.digest(path)).toEqual({ sha256, size: 5 })
  expect(first.digest(path)).toEqual({ sha256, size: 5 })
  first.save()
  expect(cacheAt(now + minute).digest(path)).toEqual({ sha256, size: 5 })
  expect(hashed).toEqual([path])
})

it("hashes again a file that was modified just before it was hashed: its next change could bear the same times", () => {
  const now = Date.now()
  const path = write("hello", now - 500)
  const cache = cacheAt(now)
  cache.digest(path)
  cache.digest(path)
  expect(hashed).toEqual([path, path])
})

it("sees a change of the same size", () => {
  const now = Date.now()
  const path = write("hello", now - 2 * minute)
  const cache = cacheAt(now)
  const before = cache.digest(path)
  write("hallo", now - minute)
  expect(cache.digest(path)).not.toEqual(before)
})

it("gives null for what is not a file, and starts anew when the cache is torn", () => {
  const now = Date.now()
  expect(cacheAt(now).digest(join(folder, "nothing"))).toBeNull()
  expect(cacheAt(now).digest(folder)).toBeNull()
  const path = write("hello", now - minute)
  const cache = cacheAt(now)
  cache.digest(path)
  cache.save()
  const saved = readFileSync(join(folder, "stat.ndjson"))
  writeFileSync(join(folder, "stat.ndjson"), saved.subarray(0, saved.length / 2))
  expect(cacheAt(now).digest(path)?.size).toBe(5)
})

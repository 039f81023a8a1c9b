/** A gc is under way from its first call to its last, and one that has died is not. */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { type FileSystem, nodeFileSystem } from "../../../../src/store/files/file-system.ts"
import { beginGc, isGcUnderWay } from "../../../../src/store/gc/under-way.ts"
import { lastMark } from "../../../../src/store/files/gc-mark.ts"
import { layout } from "../../../../src/store/files/layout.ts"

const files = nodeFileSystem()
let root: string
beforeEach(() => (root = mkdtempSync(join(tmpdir(), "probeline-gc-"))))
afterEach(() => rmSync(root, { recursive: true }))

const begin = () => beginGc(files, layout(root))
const isUnderWay = () => isGcUnderWay(files, layout(root))
const theirs = () => readdirSync(layout(root).collecting)
/** Makes the only file there say that another process is at it. */
function edit(change: (its: Record<string, unknown>) => Record<string, unknown>) {
  const file = join(layout(root).collecting, theirs()[0]!)
  writeFileSync(
    file,
    JSON.stringify(change(JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>))
  )
  return file
}

it("is under way until it is over, and so is the other of two", () => {
  expect(isUnderWay()).toBe(false)
  const [one, other] = [begin(), begin()]
  expect(isUnderWay()).toBe(true)
  one()
  expect(isUnderWay()).toBe(true)
  other()
  expect(isUnderWay()).toBe(false)
  expect(theirs()).toEqual([])
})

it("is over when its process has died, and the next takes its file away", () => {
  begin()
  const { pid } = spawnSync(process.execPath, ["-e", ""])
  edit((its) => ({ ...its, pid }))
  expect(isUnderWay()).toBe(false)
  begin()()
  expect(theirs()).toEqual([])
})

it("is over when its pid is another process's by now", () => {
  begin()
  edit((its) => ({ ...its, started: "1" }))
  expect(isUnderWay()).toBe(false)
})

it("counts for a day on another host, whose processes cannot be seen; so does one that cannot be read", () => {
  begin()
  const file = edit((its) => ({ ...its, host: "elsewhere" }))
  const ago = (hours: number) => Date.now() / 1000 - hours * 3600
  for (const text of [readFileSync(file, "utf8"), "{"]) {
    writeFileSync(file, text)
    expect(isUnderWay()).toBe(true)
    utimesSync(file, ago(23), ago(23))
    expect(isUnderWay()).toBe(true)
    utimesSync(file, ago(25), ago(25))
    expect(isUnderWay()).toBe(false)
  }
})

it("leaves another mark each time, also where the last is another user's, who alone could touch it", () => {
  const marks = Array.from({ length: 3 }, () => {
    const touch = () => {
      throw Object.assign(new Error("not the owner"), { code: "EPERM" })
    }
    beginGc({ ...files, touch }, layout(root))()
    return lastMark(files, layout(root))
  })
  expect(new Set([null, ...marks]).size).toBe(4)
})

/** Where only removing makes room: so many more files may be written then. */
function fullDisk(roomFor: number): FileSystem {
  let room = 0
  return {
    ...files,
    write(file, content, mode) {
      if (room-- <= 0) throw Object.assign(new Error("no space left"), { code: "ENOSPC" })
      files.write(file, content, mode)
    },
    remove(file) {
      if (file.endsWith(".mjs")) room = roomFor
      files.remove(file)
    }
  }
}
const bundle = () => {
  mkdirSync(join(layout(root).cache, "pipelines"), { recursive: true })
  writeFileSync(join(layout(root).cache, "pipelines", "bundle.mjs"), "")
}

it("makes room for itself on a full disk", () => {
  bundle()
  const end = beginGc(fullDisk(2), layout(root))
  expect(isUnderWay()).toBe(true)
  expect(lastMark(files, layout(root))).not.toBeNull()
  end()
  expect(isUnderWay()).toBe(false)
})

it.each([0, 1])("goes on without a word where there is no room even then (for %i files)", (roomFor) => {
  bundle()
  beginGc(fullDisk(roomFor), layout(root))()
  expect(theirs()).toEqual([])
})

/** A folder is as it was as long as nothing has come, gone or been replaced in it, and no change could hide. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { nodeFileSystem } from "../../../../src/store/files/file-system.ts"
import { UnchangedFolders } from "../../../../src/store/fresh/unchanged-folders.ts"

let root: string
let [one, other]: [string, string] = ["", ""]
/** Its times are long past, so that a change shows. */
const settle = (folder: string) => utimesSync(folder, 1000, 1000)
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "probeline-folders-"))
  ;[one, other] = [join(root, "one"), join(root, "other")]
  for (const folder of [one, other]) {
    mkdirSync(folder)
    writeFileSync(join(folder, "file"), "as it was")
    settle(folder)
  }
})
afterEach(() => rmSync(root, { recursive: true }))

const looking = (before: Readonly<Record<string, string>> = {}) =>
  new UnchangedFolders(nodeFileSystem(), before)
/** How both folders look now. */
function marks() {
  const folders = looking()
  expect([folders.isSettled(one), folders.isSettled(other)]).toEqual([true, true])
  return folders.marks()
}

it("folders that nobody has touched are as they were", () => {
  const folders = looking(marks())
  expect([folders.isUnchanged(one), folders.isUnchanged(other), folders.areUnchanged]).toEqual([
    true,
    true,
    true
  ])
})

describe("a folder is another", () => {
  it.each<[string, () => void]>([
    ["when a file comes", () => writeFileSync(join(one, "new"), "")],
    ["when a file goes", () => rmSync(join(one, "file"))],
    [
      "when a file is replaced by another",
      () => {
        writeFileSync(join(root, "new"), "as it was")
        renameSync(join(root, "new"), join(one, "file"))
      }
    ],
    ["when it is gone", () => rmSync(one, { recursive: true })],
    [
      "when it is another folder of its name",
      () => {
        renameSync(one, join(root, "away"))
        mkdirSync(one)
        writeFileSync(join(one, "file"), "as it was")
      }
    ]
  ])("%s, and be its mtime put back", (_, change) => {
    const before = marks()
    change()
    for (const hide of [false, true]) {
      if (hide)
        try {
          settle(one)
        } catch {
          // gone
        }
      const folders = looking(before)
      expect(folders.isUnchanged(one), `mtime put back: ${hide}`).toBe(false)
      expect(folders.isUnchanged(other)).toBe(true)
      expect(folders.areUnchanged).toBe(false)
    }
  })
})

it("one that was changed just now says nothing: another change could bear the same times", () => {
  writeFileSync(join(one, "new"), "")
  const folders = looking(marksOf())
  expect([folders.isSettled(one), folders.isUnchanged(one)]).toEqual([false, false])
  expect(Object.keys(folders.marks())).toEqual([other])
})
/** Whatever they say. */
function marksOf() {
  const folders = looking()
  for (const folder of [one, other]) folders.isSettled(folder)
  return folders.marks()
}

it("is told by how it looked first: what comes while others are looked for is seen by who looks next", () => {
  const before = marks()
  const folders = looking(before)
  expect(folders.isUnchanged(one)).toBe(true)
  writeFileSync(join(one, "new"), "")
  settle(one)
  expect(folders.isUnchanged(one)).toBe(true)
  expect(folders.marks()).toEqual(before)
  expect(looking(folders.marks()).isUnchanged(one)).toBe(false)
})

import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { makeFolder } from "../../../src/support/make-folder.ts"

let root: string
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "probeline-folder-"))
})
afterEach(() => fs.rmSync(root, { recursive: true }))

it("makes a folder and those above it, once", () => {
  const deep = path.join(root, "a/b/c")
  makeFolder(deep)
  makeFolder(deep)
  expect(fs.statSync(deep).isDirectory()).toBe(true)
})

it("follows a link to a folder", () => {
  fs.mkdirSync(path.join(root, "real"))
  fs.symlinkSync("real", path.join(root, "link"))
  makeFolder(path.join(root, "link/a"))
  expect(fs.existsSync(path.join(root, "real/a"))).toBe(true)
})

it("says which file is in the way", () => {
  const file = path.join(root, "taken")
  fs.writeFileSync(file, "")
  for (const folder of [file, path.join(file, "a/b")])
    expect(() => makeFolder(folder)).toThrow(expect.objectContaining({ code: "EEXIST", path: file }))
})

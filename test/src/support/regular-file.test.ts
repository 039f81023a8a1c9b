import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { readRegular } from "../../../src/support/regular-file.ts"

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "probeline-regular-"))
  writeFileSync(join(folder, "file"), "abc")
  mkdirSync(join(folder, "folder"))
  execFileSync("mkfifo", [join(folder, "pipe")])
  for (const to of ["file", "pipe", "gone", "self"])
    symlinkSync(to === "self" ? "to-self" : to, join(folder, `to-${to}`))
})
afterAll(() => rmSync(folder, { recursive: true }))

it.each(["file", "to-file"])("reads %s", (name) => {
  expect(readRegular(join(folder, name)).toString()).toBe("abc")
})

it.each([
  ["folder", "EISDIR"],
  ["pipe", "EINVAL"],
  ["to-pipe", "EINVAL"],
  ["/dev/zero", "EINVAL"],
  ["/dev/null", "EINVAL"],
  ["gone", "ENOENT"],
  ["to-gone", "ENOENT"],
  ["to-self", "ELOOP"],
  ["file/below", "ENOTDIR"],
  ["n".repeat(300), "ENAMETOOLONG"]
])("refuses %s with %s, and does not wait", (name, code) => {
  const file = name.startsWith("/") ? name : join(folder, name)
  expect(() => readRegular(file)).toThrow(expect.objectContaining({ code, syscall: expect.any(String) }))
})

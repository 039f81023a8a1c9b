/** The file of answers gives back what was written, and of a damaged one nothing. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { readIndexFile, writeIndexFile } from "../../../../src/store/fresh/index-file.ts"
import { writeLargeCache } from "../../../../src/store/fresh/cache-file.ts"
import { nodeFileSystem } from "../../../../src/store/files/file-system.ts"

const files = nodeFileSystem()
let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "probeline-answers-"))))
afterEach(() => rmSync(folder, { recursive: true }))
const at = () => join(folder, "answers.ndjson")

const key = (i: number) => String(i).padStart(64, "0")
/** Every third is found by its folders. */
const linesOf = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ text: `["${key(i)}","line ${i} µ"]`, isFound: i % 3 === 0 }))
const folders = { "/store/traces/mix/00": "1 2 3", "/store/manifests/0f": "4 5 6" }

it.each([1, 7, 8, 9, 100])("gives back %i lines, and which of them were found", (count) => {
  const lines = linesOf(count)
  expect(writeIndexFile(files, at(), lines, folders)).toBe(true)
  const read = readIndexFile(files, at())
  expect(read.folders).toEqual(folders)
  expect([...read.kept].map(([of, { text, isFound }]) => [of, text, isFound])).toEqual(
    lines.map(({ text, isFound }, i) => [key(i), text, isFound])
  )
})

const empty = { kept: new Map(), folders: {} }
it("holds nothing where it is not there, or of another form", () => {
  expect(readIndexFile(files, at())).toEqual(empty)
  for (const text of ["", "{}", '{"folders":{}}\nline', 'null\n["x"]', '["x"]\n["y"]']) {
    writeLargeCache(files, at(), text)
    expect(readIndexFile(files, at()), text).toEqual(empty)
  }
})

it("holds nothing where any byte is another: a bit more among what was found would hide what is gone", () => {
  writeIndexFile(files, at(), linesOf(20), folders)
  const whole = readFileSync(at())
  for (let i = 0; i < whole.length; i++) {
    const bytes = Uint8Array.from(whole)
    bytes[i]! ^= 1
    writeFileSync(at(), bytes)
    expect(readIndexFile(files, at()), `byte ${i}`).toEqual(empty)
  }
})

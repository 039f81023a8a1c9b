/** The file of answers gives back what was written, and of a damaged one nothing. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { readAnswers, writeAnswers } from "../../../src/store/answer-file.ts"
import { writeLargeCache } from "../../../src/store/cache-file.ts"
import { nodeFileSystem } from "../../../src/store/file-system.ts"

const files = nodeFileSystem()
let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "probeline-answers-"))))
afterEach(() => rmSync(folder, { recursive: true }))
const at = () => join(folder, "answers.ndjson")

const key = (i: number) => String(i).padStart(64, "0")
/** Every third is found by its folders. */
function written(count: number) {
  const keys = Array.from({ length: count }, (_, i) => key(i))
  return {
    lines: new Map(keys.map((one, i) => [one, `["${one}","line ${i} µ"]`])),
    found: new Set(keys.filter((_, i) => i % 3 === 0)),
    folders: { "/store/traces/mix/00": "1 2 3", "/store/manifests/0f": "4 5 6" }
  }
}

it.each([0, 1, 7, 8, 9, 100])("gives back %i lines, and which of them were found", (count) => {
  const content = written(count)
  expect(writeAnswers(files, at(), content)).toBe(true)
  const folders = count === 0 ? {} : content.folders
  expect(readAnswers(files, at())).toEqual({ ...content, folders })
})

it("speaks of no folders where nothing was found in them", () => {
  writeAnswers(files, at(), { ...written(5), found: new Set() })
  expect(readAnswers(files, at())).toEqual({ ...written(5), found: new Set(), folders: {} })
})

const empty = { lines: new Map(), found: new Set(), folders: {} }
it("holds nothing where it is not there, or of another form", () => {
  expect(readAnswers(files, at())).toEqual(empty)
  for (const text of ["", "{}", '{"folders":{}}\nline', 'null\n["x"]', '["x"]\n["y"]']) {
    writeLargeCache(files, at(), text)
    expect(readAnswers(files, at()), text).toEqual(empty)
  }
})

it("holds nothing where any byte is another: a bit more among what was found would hide what is gone", () => {
  writeAnswers(files, at(), written(20))
  const whole = readFileSync(at())
  for (let i = 0; i < whole.length; i++) {
    const bytes = Uint8Array.from(whole)
    bytes[i]! ^= 1
    writeFileSync(at(), bytes)
    expect(readAnswers(files, at()), `byte ${i}`).toEqual(empty)
  }
})

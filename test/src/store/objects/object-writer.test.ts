import { objectFile } from "../object-file.ts"
import { createHash } from "node:crypto"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import * as Effect from "effect/Effect"
import { afterEach, expect, test } from "vitest"
import { isProblem } from "../../../../src/support/problem.ts"
import { type FileSystem, nodeFileSystem } from "../../../../src/store/files/file-system.ts"
import { collectGarbage } from "../../../../src/store/gc/gc.ts"
import { temporaryMark } from "../../../../src/store/files/layout.ts"
import { ObjectWriter } from "../../../../src/store/objects/object-writer.ts"
import { makeStore, type Store } from "../../../../src/store/store.ts"
import { counting, deadFrom, failOnceAt } from "../../run/faults.ts"

const folders: Array<string> = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})
const newRoot = () => {
  const folder = mkdtempSync(join(tmpdir(), "probeline-objects-"))
  folders.push(folder)
  const root = join(folder, "store")
  makeStore(root, nodeFileSystem()).prepare()
  return root
}
type Decorate = (files: FileSystem) => FileSystem
const openStore = (root: string, decorate: Decorate = (same) => same) =>
  makeStore(root, decorate(nodeFileSystem()))

const pieces = Array.from({ length: 5 }, (_, i) => Buffer.alloc(100, i))
const content = Buffer.concat(pieces)
const sha256 = createHash("sha256").update(content).digest("hex")
/** Small enough that pieces go to a file on the way. */
const mostHeld = 150
const writerOf = <X extends string>({ files, layout, objects }: Store, extension: X, held: number) =>
  new ObjectWriter(files, layout, objects, extension, held)
function written(store: Store, held = mostHeld) {
  const writer = writerOf(store, "parquet", held)
  for (const piece of pieces) writer.write([piece.subarray(0, 30), piece.subarray(30)])
  return writer.finish()
}
/** Every file below `objects/`. */
const objects = (root: string) =>
  readdirSync(join(root, "objects"), { recursive: true })
    .map((name) => join(root, "objects", String(name)))
    .filter((file) => statSync(file).isFile())
const temporary = (root: string) => objects(root).filter((file) => file.includes(temporaryMark))

test.each([0, mostHeld, 10_000])(
  "an object of which %d bytes are held in memory is that of all bytes",
  (held) => {
    const root = newRoot()
    const store = openStore(root)
    const object = written(store, held)
    expect(object).toEqual({ sha256, bytes: 500, extension: "parquet" })
    expect(readFileSync(objectFile(store, object)).equals(content)).toBe(true)
    expect(statSync(objectFile(store, object)).mode & 0o222).toBe(0)
    expect(objects(root)).toEqual([objectFile(store, object)])
  }
)

test("an object that is there is not written again, and one that lost bytes is", () => {
  const root = newRoot()
  const store = openStore(root)
  const file = objectFile(store, written(store))
  const { ino } = statSync(file)
  written(store)
  expect(statSync(file).ino).toBe(ino)
  rmSync(file)
  nodeFileSystem().write(file, "torn")
  written(store)
  expect(readFileSync(file).equals(content)).toBe(true)
  expect(objects(root)).toEqual([file])
})

test("one that is abandoned leaves nothing", () => {
  const root = newRoot()
  const writer = writerOf(openStore(root), "arrow", 0)
  writer.write([content])
  expect(temporary(root)).toHaveLength(1)
  writer.abandon()
  writer.abandon()
  expect(objects(root)).toEqual([])
})

const calls = (() => {
  let count = 0
  const root = newRoot()
  written(
    openStore(
      root,
      counting((n) => (count = n))
    )
  )
  return count
})()

test.each(["ENOSPC", "EIO"] as const)(
  "%s at any call is a problem of the store, and nothing is left behind",
  (code) => {
    expect(calls).toBeGreaterThan(6)
    for (let n = 0; n < calls; n++) {
      const root = newRoot()
      let problem: unknown = null
      try {
        written(openStore(root, failOnceAt(n, code)))
      } catch (error) {
        problem = error
      }
      expect(isProblem(problem), `call ${n}`).toBe(true)
      expect(problem, `call ${n}`).toMatchObject({
        _tag: code === "ENOSPC" ? "StoreFull" : "StoreWriteFailed"
      })
      expect(temporary(root), `call ${n}`).toEqual([])
      expect(written(openStore(root)).sha256).toBe(sha256)
    }
  }
)

test("killed at any call, nothing torn has a name of an object, and gc takes what is left", async () => {
  let left = 0
  for (let n = 0; n < calls; n++) {
    const root = newRoot()
    expect(() => written(openStore(root, deadFrom(n)))).toThrow()
    left += temporary(root).length
    for (const file of objects(root)) {
      if (file.includes(temporaryMark)) continue
      const actual = createHash("sha256").update(readFileSync(file)).digest("hex")
      expect(basename(file), `call ${n}`).toBe(`${actual}.parquet`)
    }
    const store = openStore(root)
    const now = Date.now() + 1000
    await Effect.runPromise(collectGarbage(store, { keep: 1, grace: 0, now, dryRun: false }))
    expect(objects(root), `call ${n}`).toEqual([])
  }
  expect(left).toBeGreaterThan(2)
})

import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { verifyCommand } from "../../../src/cli/verify.ts"
import type { Lab } from "../run/lab.ts"
import { contents, storeOf } from "../store/gc/worlds.ts"
import { labOfTwoRuns, typed } from "./store-commands.ts"

let lab: Lab
beforeEach(async () => {
  lab = await labOfTwoRuns()
})
afterEach(() => lab.close())
const verify = (line = "verify") => typed(lab, verifyCommand, line)

/** Changes a byte of an object, and gives its path. */
function damage(): string {
  const store = storeOf(lab)
  const file = join(
    store.root,
    contents(store).names.find((name) => /^objects\/.*parquet$/.test(name))!
  )
  const bytes = readFileSync(file)
  bytes[bytes.length >> 1]! ^= 1
  writeFileSync(file, bytes)
  return file
}

it("says that all is whole, and how much it has checked", async () => {
  const { code, text } = await verify()
  expect(code).toBe(0)
  expect(text).toMatch(/^checked \d+ objects \(.*B in all\), \d+ manifests, \d+ traces, 2 runs: all intact$/)
})

it("ends with exit code 5 and a list of what is damaged, as text and in one JSON document", async () => {
  const file = damage()
  const said = await verify()
  expect(said.code).toBe(5)
  expect(said.text).toContain(file)
  expect(said.text).toMatch(/object .* has the sha256 [0-9a-f]{12}…, not that of its name/)
  expect(said.err).toContain("verify --repair")
  const { code, json } = await verify("verify --json")
  expect(code).toBe(5)
  expect(json).toMatchObject({
    checked: { objects: expect.any(Number) as number, runs: 2 },
    damaged: [{ file, kind: "object" }],
    repaired: false,
    error: { tag: "StoreCorrupt", file }
  })
})

it("--repair removes it, and then all is whole", async () => {
  const file = damage()
  const { code, json } = await verify("verify --repair --json")
  expect(code).toBe(0)
  expect(json).toMatchObject({ damaged: [{ file }], repaired: true })
  expect(json.removed).toContain(file)
  expect((await verify()).text).toContain("all intact")
})

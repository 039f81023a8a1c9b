/**
 * A store that an earlier version wrote, with names of fields that the code has no longer: read, and fresh, as it was.
 *
 * `test/fixtures/store-before` was made by the commit 1fbc99e: `probeline run pipeline.ts --store store` in a folder
 * `/lab`, the caches deleted after; `show.json` is what `show latest:halves --json` printed.
 */
import { cpSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { makeRig, type Rig } from "./cli.ts"

const before = path.resolve(import.meta.dirname, "../fixtures/store-before")
let rig: Rig
beforeAll(() => {
  rig = makeRig()
  cpSync(before, rig.folder, { recursive: true, verbatimSymlinks: true })
})
afterAll(() => rig.remove())

it("is fresh: keys and digests are those of that version, and a run executes nothing", async () => {
  const { document: status } = await rig.json("status", "pipeline.ts", "--store", "store")
  expect(status.nodes.map(({ id, state }: { id: string; state: string }) => [id, state])).toEqual([
    ["scenes", "fresh"],
    ["halves", "fresh"],
    ["total", "fresh"]
  ])
  const { document: run } = await rig.json("run", "pipeline.ts", "--store", "store")
  expect(run.nodes.map(({ status }: { status: string }) => status)).toEqual(["cached", "cached", "cached"])
})

it("is shown with every field of that version's JSON, which may have more now, and is whole", async () => {
  const run = /[0-9]{8}-[0-9.]+-[0-9a-f]{4}/.exec(readFileSync(path.join(before, "show.json"), "utf8"))![0]
  const { document: shown } = await rig.json("show", `${run}:halves`, "--store", "store")
  expect(shown).toMatchObject(JSON.parse(readFileSync(path.join(before, "show.json"), "utf8")))
  expect((await rig.cli("verify", "--store", "store")).code).toBe(0)
})

it("says what has changed in the items that it holds", async () => {
  rig.write("items.json", '[["a",3,"red"],["b",6,"blue"],["ü",8,"green"],["new",1,"black"]]')
  const { document: dry } = await rig.json("run", "pipeline.ts", "-n", "--store", "store")
  expect(dry.nodes[0].status).toBe("executed")
  await rig.cli("run", "pipeline.ts", "--store", "store")
  const { document: run } = await rig.json("show", "latest", "--store", "store")
  // of four items two are those of before
  expect(run.nodes[1].items).toMatchObject({ total: 4, executed: 2, cached: 2 })
})

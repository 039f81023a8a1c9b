/** A damaged object is never read as something else, and the next run heals it. */
import { problemOf } from "../../problem-of.ts"
import { objectFile } from "../object-file.ts"
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs"
import { afterEach, expect, it } from "vitest"
import { file } from "../../../../src/index.ts"
import { isProblem } from "../../../../src/support/problem.ts"
import { artifactObjects } from "../../../../src/store/items/read-artifact.ts"
import { artifactsOf, coarse, Lab, numbers, total } from "../../run/lab.ts"
import { quick, storeOf } from "../gc/worlds.ts"

const labs: Array<Lab> = []
afterEach(() => {
  for (const lab of labs.splice(0)) lab.close()
})

async function world() {
  const lab = new Lab()
  labs.push(lab)
  const source = numbers("source", { file: file(lab.writeItems({ a: [10, 1], b: [20, 2], c: [30, 3] })) })
  const steps = coarse("steps", { of: source, step: 5 })
  const run = () => lab.run(lab.graph({ total: total("total", { of: [steps] }) }), { files: quick })
  const first = (await run()).run
  const artifact = first.nodes.find(({ id }) => id === "steps")!.artifact!
  const manifest = (await storeOf(lab).manifest(artifact))!
  return { lab, run, first, manifest }
}
const flip = (path: string, at: number) => {
  const bytes = readFileSync(path)
  bytes[at]! ^= 1
  chmodSync(path, 0o644)
  writeFileSync(path, bytes)
}

it("wherever a bit is flipped in a table: the run that would read it ends with StoreCorrupt, the next has the right values", async () => {
  const { lab, run, first, manifest } = await world()
  const { table } = manifest.shards[0]!
  const path = objectFile(storeOf(lab), table)
  let version = 0
  for (let at = 0; at < table.bytes; at += 37) {
    flip(path, at)
    // another code of what reads it, so that it is read
    lab.versions.set("total", ++version)
    const error = await run().then(
      () => null,
      (thrown: unknown) => thrown
    )
    expect(isProblem(error) ? [error._tag, error.file] : error, `byte ${at}`).toEqual(["StoreCorrupt", path])
    expect(existsSync(path)).toBe(false)
    const healed = (await run()).run
    expect(artifactsOf(healed)).toEqual(artifactsOf(first))
    expect(existsSync(path)).toBe(true)
  }
})

it("who only looks is told, and removes nothing", async () => {
  const { lab, manifest } = await world()
  const path = objectFile(storeOf(lab), manifest.shards[0]!.table)
  flip(path, 60)
  const told = await problemOf(() => artifactObjects(storeOf(lab), manifest))
  expect(told).toMatchObject({ _tag: "StoreCorrupt", file: path, hint: expect.stringContaining("verify") })
  expect(existsSync(path)).toBe(true)
})

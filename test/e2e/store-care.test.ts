/** A store that was damaged: seen, said, and healed by running again. */
import * as fs from "node:fs"
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { encoder, makeRig, type Rig, small } from "./cli.ts"
import { artifacts, executed, expectNoTrace, runsOf } from "./look.ts"

const run = ["run", small, "tokens", "-S", "scenes=12", "-S", `encoder=${encoder}`]
let rig: Rig
let first: Awaited<ReturnType<Rig["json"]>>
beforeAll(async () => {
  rig = makeRig()
  first = await rig.json(...run)
})
afterAll(() => rig.remove())

/** The object of a node's first rows. */
function objectOf(node: string): string {
  const json = (...names: ReadonlyArray<string>) =>
    JSON.parse(fs.readFileSync(rig.at(path.join("artifacts", ...names)), "utf8"))
  const { nodes } = json("runs", "latest", "run.json")
  const { artifact } = nodes.find(({ id }: { id: string }) => id === node)
  const { sha256, extension } = json("manifests", artifact.slice(0, 2), `${artifact}.json`).shards[0].table
  return rig.at(path.join("artifacts", "objects", sha256.slice(0, 2), `${sha256}.${extension}`))
}

describe("a store", () => {
  it("is whole after a run", async () => {
    const { code, document } = await rig.json("verify")
    expect(code).toBe(0)
    expect(document).toMatchObject({ damaged: [], removed: [] })
  })
  it("with an object that is gone is stale where it is needed, and computed again to the same values", async () => {
    fs.rmSync(objectOf("masks"))
    const why = await rig.json("why", small, "masks", ...run.slice(3))
    expect(why.document.state).not.toBe("fresh")
    const { document, code } = await rig.json(...run)
    expect(code).toBe(0)
    expect(executed(document)).toEqual(["masks"])
    expect(artifacts(document)).toEqual(artifacts(first.document))
  })
  it("with a changed object fails verify with exit code 5 and the file; --repair and a run heal it", async () => {
    const object = objectOf("tokens")
    const content = fs.readFileSync(object)
    fs.chmodSync(object, 0o644)
    fs.writeFileSync(object, content.fill(0x21, 20, 24))
    const found = await rig.cli("verify")
    expect(found.code).toBe(5)
    expect(found.stderr).toContain(path.basename(object))
    expect(found.stderr).toContain("--repair")
    expectNoTrace(found)
    await rig.cli("verify", "--repair")
    const { document, code } = await rig.json(...run)
    expect(code).toBe(0)
    expect(executed(document)).toEqual(["tokens"])
    expect(artifacts(document)).toEqual(artifacts(first.document))
    expect((await rig.cli("verify")).code).toBe(0)
  })
  it("loses nothing that its runs need to gc", async () => {
    const before = await runsOf(rig)
    const { code } = await rig.json("gc", "--grace", "0s")
    expect(code).toBe(0)
    // all of them made the same: the first, which did the work, and the last are left
    const left = (await runsOf(rig)).map((one) => one.run)
    expect(left).toEqual([before[0].run, before.at(-1).run])
    expect(executed((await rig.json(...run)).document)).toEqual([])
  })
})

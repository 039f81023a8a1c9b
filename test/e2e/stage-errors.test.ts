/** Stages that fail while they run: exit code 1, the node and the item named, and what is finished is kept. */
import { afterAll, describe, expect, it } from "vitest"
import { makeRig } from "./cli.ts"
import { executed, expectNoTrace, expectRefusal, nodeOf, runsOf, statuses } from "./look.ts"

// one store: its scenes are rendered once, whatever fails after them
const rig = makeRig()
afterAll(() => rig.remove())

const imports = `import { column, definePipeline, defineStage, each, failed, one, table, whole } from "probeline"
import { sampleScenes, synthetic } from "probeline/stages"
`
/** A stage by the name of `name` with this body. */
const stage = (
  name: string,
  body: string,
  more = ""
) => `export const ${name} = defineStage.itemwise("${name}", {
  inputs: { scenes: each({ height: column.int32() }) },
  output: one({ h: column.int32() }),${more}
  compute: async (items): Promise<any> => { ${body} }
})
`
/** scenes → mine → sum, `body` being the code of `mine`. */
const pipeline = (body: string, more = "", count = 6) => `${imports}${stage("mine", body, more)}
export const sum = defineStage.whole("sum", {
  inputs: { mine: whole({ h: column.int32() }) },
  output: table({ rows: column.int32() }),
  compute: async ({ mine }) => [{ rows: (await mine.read("h")).h.length }]
})
export default definePipeline("failing", { params: {}, graph: () => {
  const scenes = sampleScenes("scenes", { source: synthetic({ count: ${count}, seed: 1 }) })
  return { sum: sum("sum", { mine: mine("mine", { scenes }) }) }
} })
`
const good = pipeline("return items.map(({ scenes }) => ({ h: scenes.height }))")
const runs = (body: string, ...argv: ReadonlyArray<string>) => {
  rig.write("failing.ts", pipeline(body))
  return rig.json("run", "failing.ts", ...argv)
}
async function expectGoodRun() {
  rig.write("good.ts", good)
  const { document, code } = await rig.json("run", "good.ts")
  expect(code).toBe(0)
  return document
}

describe("an output that breaks its schema", () => {
  const broken: Readonly<Record<string, readonly [body: string, ...says: ReadonlyArray<string>]>> = {
    otherType: ['return items.map(() => ({ h: "tall" }))', '"00000"', '"h"', "int32", '"tall"'],
    fraction: ["return items.map(() => ({ h: 1.5 }))", '"h"', "whole number", "1.5"],
    excess: ["return items.map(() => ({ h: 1, heigth: 2 }))", "no column", '"heigth"'],
    missing: ["return items.map(() => ({}))", '"h"', "missing"],
    tooFew: ["return items.slice(1).map(() => ({ h: 1 }))", "5 results for 6 items", "failed(reason)"],
    nothing: ["return undefined", "no list for 6 items"]
  }
  it("is said of its node, with the place and the way out; -k finds all of them in one run", async () => {
    const stages = Object.entries(broken).map(([name, [body]]) => stage(name, body))
    const calls = Object.keys(broken).map((name) => `${name}: ${name}("${name.toLowerCase()}", { scenes })`)
    rig.write(
      "broken.ts",
      `${imports}${stages.join("")}export default definePipeline("broken", { params: {}, graph: () => {
  const scenes = sampleScenes("scenes", { source: synthetic({ count: 6, seed: 1 }) })
  return { ${calls.join(", ")} }
} })`
    )
    const ended = await rig.json("run", "broken.ts", "-k")
    expect(ended.code).toBe(1)
    expect(ended.document.status).toBe("failed")
    for (const [name, [, ...says]] of Object.entries(broken)) {
      const id = name.toLowerCase()
      const node = nodeOf(ended.document, id)
      expect(node).toMatchObject({ stage: name, status: "failed", artifact: null, hint: expect.any(String) })
      for (const part of [`stage "${name}"`, `node "${id}"`, "schema", ...says])
        expect(`${node.error}\n${node.hint}`).toContain(part)
    }
    expectNoTrace(ended)
  })
  it("leaves the store whole: a mended stage runs, and the scenes were kept all along", async () => {
    const document = await expectGoodRun()
    expect(statuses(document)).toEqual({ scenes: "cached", mine: "executed", sum: "executed" })
  })
})

describe("a stage that throws", () => {
  const unlucky =
    'return items.map(({ id }) => { if (id === "00003") throw new Error("three"); return { h: 1 } })'
  it("for one item fails that item alone, by name and cause", async () => {
    const { document, code } = await runs(unlucky)
    expect(code).toBe(1)
    expect(nodeOf(document, "mine")).toMatchObject({
      status: "failed",
      incomplete: true,
      items: { total: 6, failed: 1 },
      failures: [{ item: "00003", error: expect.stringContaining("three") }]
    })
    expect(nodeOf(document, "sum")).toMatchObject({
      status: "skipped",
      error: expect.stringContaining("--keep-going")
    })
  })
  it("is not called again for what is known to fail, which is still exit code 1, and says how to", async () => {
    const { stdout, code, ...ended } = await rig.cli("run", "failing.ts")
    expect(code).toBe(1)
    expect(stdout).toMatch(/^ +00003 +mine +mine +three \(at failing\.ts:\d+:\d+\)$/m)
    expect(stdout).toContain("--retry-failed")
    expectNoTrace({ stdout, code, ...ended })
    expect((await rig.cli("status", "failing.ts", "--check")).code).toBe(1)
  })
  it("is called again under --retry-failed", async () => {
    const { document, code } = await rig.json("run", "failing.ts", "--retry-failed")
    expect(code).toBe(1)
    expect(nodeOf(document, "mine").seconds).toBeGreaterThan(0)
  })
  it("does not stop what follows under -k, which is marked as incomplete", async () => {
    const { document, code } = await rig.json("run", "failing.ts", "-k")
    expect(code).toBe(1)
    expect(nodeOf(document, "sum")).toMatchObject({ status: "executed", incomplete: true })
    const show = await rig.json("show", "latest:sum")
    expect(show.document).toMatchObject({ incomplete: true, first: [{ rows: 5 }] })
    expect((await rig.json("show", "latest:mine", "00003")).document).toMatchObject({
      failed: expect.stringMatching(/^three \(at failing\.ts:\d+:\d+\)$/)
    })
  })
  it("for every item names each of them", async () => {
    const { document, code } = await runs('throw new TypeError("never")')
    expect(code).toBe(1)
    expect(nodeOf(document, "mine").failures.map(({ item }: any) => item)).toEqual(
      Array.from({ length: 6 }, (_, i) => `0000${i}`)
    )
  })
  it("can say itself that an item has failed", async () => {
    const { document } = await runs(
      'return items.map(({ id }) => id === "00001" ? failed("blurred") : { h: 1 })'
    )
    expect(nodeOf(document, "mine").failures).toEqual([{ item: "00001", error: "blurred" }])
  })
})

describe("a stage that takes the process with it", () => {
  it.each([
    ["ends it", "process.exit(0)", "process.exit(0)"],
    [
      "throws where nobody waits",
      'setTimeout(() => { throw new Error("too late") }); await new Promise((r) => setTimeout(r, 500))',
      "too late"
    ],
    [
      "leaves a rejection to itself",
      'void Promise.reject(new Error("unheard")); await new Promise((r) => setTimeout(r, 500))',
      "unheard"
    ]
  ])("since it %s is told so, and is no success", async (_name, body, says) => {
    expectRefusal(await runs(body), { code: 1, tag: "StageFailed", says: ["pipeline code", says] })
  })
  it("has its run recorded as interrupted where there was time to", async () => {
    expect((await runsOf(rig))[0]).toMatchObject({ pipeline: "failing", status: "interrupted" })
  })
  it("costs nothing that was finished: the good pipeline is fresh", async () => {
    expect(executed(await expectGoodRun())).toEqual([])
  })
  it("takes only its worker where it is isolated: the item that kills it is found", async () => {
    const body =
      'if (items.some(({ id }) => id === "00002")) process.exit(9); return items.map(() => ({ h: 1 }))'
    rig.write("failing.ts", pipeline(body, "\n  isolate: true,", 3))
    const { document, code } = await rig.json("run", "failing.ts")
    expect(code).toBe(1)
    expect(nodeOf(document, "mine")).toMatchObject({
      items: { total: 3, failed: 1 },
      failures: [{ item: "00002", error: expect.stringContaining("exit code 9") }]
    })
  })
})

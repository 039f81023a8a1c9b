/** Two processes, one store. */
import { afterAll, expect, it } from "vitest"
import { encoder, makeRig, small } from "./cli.ts"
import { artifacts, executed, expectRefusal, nodeOf, runsOf, unfinished } from "./look.ts"

const rig = makeRig()
afterAll(() => rig.remove())

it("two runs at once over one store both end well, with the same artifacts", async () => {
  const run = ["run", small, "-S", "scenes=40", "-S", `encoder=${encoder}`, "-j", "1"]
  const [a, b] = await Promise.all([rig.json(...run), rig.json(...run)])
  for (const { code, stderr, document } of [a, b]) {
    expect(code, stderr).toBe(0)
    expect(document.status).toBe("ok")
  }
  expect(artifacts(a.document)).toEqual(artifacts(b.document))
  // what one computes, the other waits for and takes
  for (const { id, items } of a.document.nodes)
    expect([id, items.executed + nodeOf(b.document, id).items.executed]).toEqual([id, items.total])
  expect(a.document.run).not.toBe(b.document.run)
  expect((await runsOf(rig)).map(({ run: id }) => id).toSorted()).toEqual(
    [a.document.run, b.document.run].toSorted()
  )
  expect(unfinished(rig.at("artifacts"))).toEqual([])
  expect(executed((await rig.json(...run)).document)).toEqual([])
})

it("a run that may not wait for another's lock ends with exit code 4, and the other goes on", async () => {
  const run = ["run", small, "activations", "-S", `encoder=${encoder}`, "-f", "activations"]
  const first = rig.start(...run)
  await first.seen(/^activations: 40 scenes/m)
  const ended = await rig.json(...run, "--no-lock-wait")
  expectRefusal(ended, { code: 4, tag: "StoreLocked", says: ["activations", "--no-lock-wait"] })
  expect((await first.ended).code).toBe(0)
})

/** Two processes, one store. */
import { afterAll, expect, it } from "vitest"
import { encoder, makeRig, small } from "./cli.ts"
import { artifacts, executed, runsOf, unfinished } from "./look.ts"

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
  expect(a.document.run).not.toBe(b.document.run)
  expect((await runsOf(rig)).map(({ run: id }) => id).toSorted()).toEqual(
    [a.document.run, b.document.run].toSorted()
  )
  expect(unfinished(rig.at("artifacts"))).toEqual([])
  expect(executed((await rig.json(...run)).document)).toEqual([])
})

/** Below a node that would run, the plan says what it knows, and no more. */
import { afterEach, expect, it } from "vitest"
import { file } from "../../../src/index.ts"
import { sentence } from "../../../src/plan/cue.ts"
import { coarse, type Items, Lab, numbers, total } from "../run/lab.ts"

const labs: Array<Lab> = []
afterEach(() => {
  for (const lab of labs.splice(0)) lab.close()
})

function lab() {
  const made = new Lab()
  labs.push(made)
  const graph = (items: Items, step: number) => {
    const source = numbers("source", { file: file(made.writeItems(items)) })
    const steps = coarse("steps", { of: source, step })
    return made.graph({ total: total("total", { of: [steps, source] }) })
  }
  const plan = async (items: Items, step: number) =>
    Object.fromEntries(
      (await made.plan(graph(items, step))).map(({ node, state, cues }) => [
        node.id,
        [state, ...cues.map(sentence)]
      ])
    )
  return { made, graph, plan }
}
const before: Items = { a: [1, 1], b: [2, 2] }
const after: Items = { a: [1, 1], b: [3, 2] }

it("names a node's own parameters and code beside the inputs that are not known yet", async () => {
  const { made, graph, plan } = lab()
  await made.run(graph(before, 2))
  expect(await plan(after, 2)).toMatchObject({
    steps: ["unknown", "unknown until source has run"],
    total: ["unknown", "unknown until steps has run", "unknown until source has run"]
  })
  made.versions.set("total", 1)
  const changed = await plan(after, 3)
  expect(changed["steps"]).toEqual(["unknown", "parameter step: 2 → 3", "unknown until source has run"])
  expect(changed["total"]).toEqual([
    "unknown",
    "code of total.ts changed (0 → 1)",
    "unknown until steps has run",
    "unknown until source has run"
  ])
})

it("says of inputs that are known what has changed in them", async () => {
  const { made, graph, plan } = lab()
  await made.run(graph(before, 2))
  made.versions.set("coarse", 1)
  expect(await plan(before, 2)).toMatchObject({
    source: ["fresh", expect.stringMatching(/^fresh since/)],
    steps: ["stale", "code of coarse.ts changed (0 → 1)"],
    total: ["unknown", "unknown until steps has run"]
  })
})

it("says nothing of before where a node has never run", async () => {
  const { plan } = lab()
  expect(await plan(before, 2)).toMatchObject({
    source: ["missing", "never computed for this pipeline"],
    total: ["unknown", "unknown until steps has run", "unknown until source has run"]
  })
})

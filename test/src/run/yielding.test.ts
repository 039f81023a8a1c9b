/** A stage whose rows come without a pause can be interrupted all the same, and its time limit holds. */
import { afterEach, beforeEach, expect, it } from "vitest"
import { column, defineStage, one, table } from "../../../src/index.ts"
import { Lab } from "./lab.ts"

let lab: Lab
beforeEach(() => {
  stop = () => {}
  lab = new Lab()
})
afterEach(() => lab.close())

const a = { a: column.int32() }
const rows = 200
let given = 0
/** asked for when some rows have come; heard when there is a turn */
let stop = () => {}
/** A second in all, of which none is anybody else's. */
function* busy() {
  for (given = 0; given < rows; given++) {
    for (const end = performance.now() + 5; performance.now() < end;);
    if (given === 5) setTimeout(() => stop(), 0)
    yield { a: given }
  }
}
const whole = (seconds?: number) =>
  defineStage.whole("whole", {
    inputs: {},
    output: table(a),
    ...(seconds === undefined ? {} : { seconds }),
    compute: async function* () {
      yield* busy()
    }
  })
const source = defineStage.source("source", {
  item: "number",
  output: one(a),
  compute: async function* () {
    for (const row of busy()) yield { id: `i${row.a}`, ...row }
  }
})
const tableSource = defineStage.source("table-source", {
  item: "number",
  output: table(a),
  compute: async function* () {
    yield* busy()
  }
})

it.each([
  ["a whole stage", () => whole()("node", {})],
  ["a source of items", () => source("node", {})],
  ["a source of a table", () => tableSource("node", {})]
])("%s is interrupted between two rows", async (_name, node) => {
  const stopping = new AbortController()
  stop = () => stopping.abort()
  await expect(lab.run(lab.graph({ node: node() }), { signal: stopping.signal })).rejects.toThrow()
  expect(given).toBeGreaterThanOrEqual(5)
  expect(given).toBeLessThan(rows / 2)
})

it("a time limit is heard between two rows", async () => {
  const { run } = await lab.run(lab.graph({ node: whole(0.1)("node", {}) }))
  expect(run.nodes[0]).toMatchObject({ status: "failed", error: expect.stringContaining("0.1 s") as string })
  expect(given).toBeLessThan(rows / 2)
})

it("all rows come, in their order", async () => {
  const { run } = await lab.run(lab.graph({ node: whole()("node", {}) }))
  expect(run.nodes[0]).toMatchObject({ status: "executed" })
  expect(given).toBe(rows)
})

/** A task's items come in parts that fit into memory. */
import { afterEach, beforeEach, expect, it } from "vitest"
import { below, column, defineStage, each, failed, one, param, seededRandom } from "../../../src/index.ts"
import { storeOf } from "../store/gc/worlds.ts"
import { heldIn } from "./held.ts"
import { artifactsOf, Lab } from "./lab.ts"

let lab: Lab
beforeEach(() => {
  lab = new Lab()
})
afterEach(() => lab.close())

const random = seededRandom("texts")
/** Longer than what Snappy looks back, so that repeating it makes it no smaller. */
const block = Array.from({ length: 70_000 }, () => String.fromCharCode(33 + below(random, 90))).join("")
const texts = defineStage.source("texts", {
  item: "thing",
  params: { blocks: param.int() },
  output: one({ number: column.int32(), text: column.utf8() }),
  async *compute({ blocks }) {
    for (let number = 0; number < 12; number++)
      yield { id: `i${number}`, number, text: block.repeat(blocks) + number }
  }
})
const calls: Array<number> = []
const lengths = defineStage.itemwise("lengths", {
  inputs: { of: each({ number: column.int32(), text: column.utf8() }) },
  output: one({ number: column.int32(), length: column.int32() }),
  compute: (items, _, { progress }) => {
    calls.push(items.length)
    items.forEach((__, i) => progress(i + 1, items.length))
    return items.map(({ of: { number, text } }) => {
      if (number % 5 === 4) return failed("four")
      if (!text.endsWith(`${number}`)) throw new Error(`the text is not that of ${number}`)
      return { number, length: text.length }
    })
  }
})

it.each([
  ["of .7 MB come two at a time", 10, 2],
  ["that are small come together", 0, 8]
])("items %s; in order, with progress that adds up", async (_, blocks, most) => {
  calls.length = 0
  const node = lengths("node", { of: texts("texts", { blocks }) })
  const { run, events } = await lab.run(lab.graph({ node }))
  expect(Math.max(...calls)).toBe(most)
  expect(run.nodes[1]!.items).toMatchObject({ total: 12, executed: 10, failed: 2 })
  expect(run.nodes[1]!.failures.map(({ item, error }) => `${item}: ${error}`)).toEqual([
    "i4: four",
    "i9: four"
  ])
  const { rows } = await heldIn(storeOf(lab), artifactsOf(run)["node"]!)
  const numbers = [0, 1, 2, 3, 5, 6, 7, 8, 10, 11]
  expect(rows.map(({ number }) => number)).toEqual(numbers)
  expect(rows.map(({ length }) => length)).toEqual(
    numbers.map((n) => blocks * block.length + String(n).length)
  )
  const shown = events.flatMap((event) =>
    event.type === "node-progress" && event.node === "node" ? [event.done] : []
  )
  expect(shown.at(-1)).toBe(12)
  expect(shown.every((done, i) => i === 0 || done >= shown[i - 1]!)).toBe(true)
})

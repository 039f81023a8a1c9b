/** A file that changes while a stage's `identity` reads it: no answer is kept that is of two states of it. */
import { utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { column, defineStage, each, file, one, param } from "../../../src/index.ts"
import { Lab, numbers } from "../run/lab.ts"

let lab: Lab
let model: string
let meanwhile: () => void
let asked: number
beforeEach(() => {
  lab = new Lab()
  model = join(lab.folder, "model")
  meanwhile = () => {}
  asked = 0
  put("old")
})
afterEach(() => lab.close())

const put = (text: string) => {
  writeFileSync(model, text)
  utimesSync(model, 1_500_000_000, 1_500_000_000)
}
const reading = defineStage.itemwise("reading", {
  inputs: { x: each({ a: column.float64() }) },
  params: { model: param.file() },
  output: one({ a: column.float64() }),
  identity: async ({ model }, world) => {
    asked++
    const access = (await world.open(model.path))!
    meanwhile()
    const text = new TextDecoder().decode(access.read(0, access.size))
    access.close()
    return { model: text }
  },
  compute: (items) => items.map(({ x }) => ({ a: x.a }))
})
const graph = () =>
  lab.graph({
    out: reading("reading", {
      x: numbers("source", { file: file(lab.writeItems({ i0: [7, 1] })) }),
      model: file(model)
    })
  })

it.each([
  ["changed", () => put("new")],
  // an answer that was kept would be of a digest that has its reads as they are
  [
    "touched, as one is that was another in between and was put back,",
    () => {
      put("new")
      put("old")
    }
  ]
])("a model that is %s fails the plan, and the next asks again", async (_, change) => {
  meanwhile = change
  await expect(lab.run(graph())).rejects.toMatchObject({
    _tag: "InputChanged",
    message: `${model} changed while node "reading" read it`
  })
  meanwhile = () => {}
  put("old")
  const before = asked
  expect((await lab.run(graph())).run.nodes.at(-1)).toMatchObject({ status: "executed" })
  expect(asked).toBe(before + 1)
})

it("where the run keeps going, it fails its node alone", async () => {
  meanwhile = () => put(`new ${asked}`)
  const { run } = await lab.run(graph(), { keepGoing: true })
  expect(run.nodes.map(({ status }) => status)).toEqual(["executed", "failed"])
})

it("an answer that nobody disturbed is kept", async () => {
  await lab.run(graph())
  await lab.run(graph())
  expect(asked).toBe(1)
})
